using System.Globalization;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// A set of code points given by a predicate. Membership is remembered in pages of 1,024 bits filled on first use: a scan costs a bit test,
/// and a set of a whole category costs nothing where a text never goes.
/// </summary>
internal sealed class CharacterSet(Func<int, bool> contains)
{
    private const int PageBits = 10, PageWords = (1 << PageBits) / 64;

    private readonly ulong[]?[] _pages = new ulong[(0x110000 >> PageBits) + 1][];

    internal Func<int, bool> Predicate { get; } = contains;

    internal bool Contains(int codePoint)
    {
        // Two threads may fill the same page: both write the same bits.
        ulong[] page = _pages[codePoint >> PageBits] ?? Fill(codePoint >> PageBits);
        return (page[(codePoint >> 6) & (PageWords - 1)] >> (codePoint & 63) & 1) != 0;
    }

    private ulong[] Fill(int index)
    {
        ulong[] page = new ulong[PageWords];
        for (int i = 0; i < 1 << PageBits; i++)
        {
            int c = (index << PageBits) + i;
            if (c < 0x110000 && Predicate(c)) page[i >> 6] |= 1UL << (i & 63);
        }
        _pages[index] = page;
        return page;
    }

    internal static CharacterSet Single(int codePoint) => new(c => c == codePoint);

    internal static CharacterSet Union(IReadOnlyList<CharacterSet> sets) => new(c =>
    {
        foreach (CharacterSet set in sets)
            if (set.Contains(c)) return true;
        return false;
    });

    /// <summary>The set closed under simple case mapping (through the capital too, so that U+017F, the long s, is an s).</summary>
    internal CharacterSet IgnoringCase() => new(c =>
    {
        if (Predicate(c)) return true;
        int upper = c is >= 0xD800 and <= 0xDFFF ? c : CodePoints.ToUpper(c);
        int lower = c is >= 0xD800 and <= 0xDFFF ? c : CodePoints.ToLower(c);
        return Predicate(upper) || Predicate(lower) || (upper is < 0xD800 or > 0xDFFF && Predicate(CodePoints.ToLower(upper)));
    });

    internal CharacterSet Complement()
    {
        Func<int, bool> inner = Predicate;
        return new CharacterSet(c => !inner(c));
    }

    internal static readonly CharacterSet WhiteSpace = new(CodePoints.IsWhiteSpace);
    internal static readonly CharacterSet Word = new(CodePoints.IsWord);
    internal static readonly CharacterSet Digit = new(c => CodePoints.Category(c) == UnicodeCategory.DecimalDigitNumber);
    internal static readonly CharacterSet HexDigit = new(c => c < 0x80 && char.IsAsciiHexDigit((char)c));
    internal static readonly CharacterSet NotNewline = new(c => c != '\n');
    internal static readonly CharacterSet Any = new(_ => true);
}
