using System.Globalization;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Text as Unicode code points. Pre-tokenizers of published models are defined over code points; UTF-16 units, which .NET's own regular
/// expressions see, miss every letter beyond U+FFFF.
/// </summary>
internal static class CodePoints
{
    private static readonly byte[] Categories = BuildCategories();

    /// <summary>Code points of <paramref name="text"/>; a lone surrogate becomes U+FFFD, as UTF-8 encoders make it.</summary>
    internal static int[] From(ReadOnlySpan<char> text)
    {
        int[] buffer = new int[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (!char.IsSurrogate(c))
            {
                buffer[count++] = c;
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                buffer[count++] = char.ConvertToUtf32(c, text[++i]);
            }
            else
            {
                buffer[count++] = 0xFFFD;
            }
        }
        return count == buffer.Length ? buffer : buffer[..count];
    }

    internal static string ToText(ReadOnlySpan<int> codePoints)
    {
        var builder = new StringBuilder(codePoints.Length);
        foreach (int c in codePoints) builder.AppendCodePoint(c);
        return builder.ToString();
    }

    internal static StringBuilder AppendCodePoint(this StringBuilder builder, int codePoint)
    {
        if (codePoint < 0x10000) return builder.Append((char)codePoint);
        int astral = codePoint - 0x10000;
        return builder.Append((char)(0xD800 + (astral >> 10))).Append((char)(0xDC00 + (astral & 0x3FF)));
    }

    /// <summary>Replaces lone surrogates, so that every later stage may assume well-formed UTF-16.</summary>
    internal static string Sanitize(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }
            return ToText(From(text));
        }
        return text;
    }

    /// <summary>Bytes that <paramref name="codePoint"/> takes in UTF-8.</summary>
    internal static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>Writes <paramref name="c"/> as UTF-8 and returns the number of bytes.</summary>
    internal static int WriteUtf8(int c, Span<byte> to)
    {
        if (c < 0x80)
        {
            to[0] = (byte)c;
            return 1;
        }
        if (c < 0x800)
        {
            to[0] = (byte)(0xC0 | (c >> 6));
            to[1] = (byte)(0x80 | (c & 0x3F));
            return 2;
        }
        if (c < 0x10000)
        {
            to[0] = (byte)(0xE0 | (c >> 12));
            to[1] = (byte)(0x80 | ((c >> 6) & 0x3F));
            to[2] = (byte)(0x80 | (c & 0x3F));
            return 3;
        }
        to[0] = (byte)(0xF0 | (c >> 18));
        to[1] = (byte)(0x80 | ((c >> 12) & 0x3F));
        to[2] = (byte)(0x80 | ((c >> 6) & 0x3F));
        to[3] = (byte)(0x80 | (c & 0x3F));
        return 4;
    }

    internal static int Utf8Length(ReadOnlySpan<int> codePoints)
    {
        int total = 0;
        foreach (int c in codePoints) total += Utf8Length(c);
        return total;
    }

    internal static int WriteUtf8(ReadOnlySpan<int> codePoints, Span<byte> to)
    {
        int at = 0;
        foreach (int c in codePoints) at += WriteUtf8(c, to[at..]);
        return at;
    }

    /// <summary>The general category; one byte a code point below U+10000, so that a scan costs a table look-up.</summary>
    internal static UnicodeCategory Category(int codePoint)
        => codePoint < 0x10000 ? (UnicodeCategory)Categories[codePoint] : CharUnicodeInfo.GetUnicodeCategory(codePoint);

    /// <summary>The property White_Space.</summary>
    internal static bool IsWhiteSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    /// <summary>Categories Nd, Nl and No.</summary>
    internal static bool IsNumber(int codePoint)
        => Category(codePoint) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>The categories P*, and the ASCII marks that Unicode counts as symbols ($ + &lt; = &gt; ^ ` | ~), as BERT has it.</summary>
    internal static bool IsPunctuation(int codePoint)
    {
        if (codePoint < 0x80)
            return codePoint is (>= 0x21 and <= 0x2F) or (>= 0x3A and <= 0x40) or (>= 0x5B and <= 0x60) or (>= 0x7B and <= 0x7E);
        return Category(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
    }

    /// <summary>What <c>\w</c> matches: letters, marks, decimal and letter numbers, connectors, and the circled Latin letters.</summary>
    internal static bool IsWord(int codePoint)
        => Category(codePoint) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
           || codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    internal static int ToLower(int codePoint)
        => codePoint < 0x10000 ? char.ToLowerInvariant((char)codePoint) : Rune.ToLowerInvariant(new Rune(codePoint)).Value;

    internal static int ToUpper(int codePoint)
        => codePoint < 0x10000 ? char.ToUpperInvariant((char)codePoint) : Rune.ToUpperInvariant(new Rune(codePoint)).Value;

    private static byte[] BuildCategories()
    {
        byte[] table = new byte[0x10000];
        for (int c = 0; c < table.Length; c++) table[c] = (byte)CharUnicodeInfo.GetUnicodeCategory((char)c);
        return table;
    }
}
