using System.Globalization;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>Ids with their spelling, kind and score. Checked when it is made; immutable in use.</summary>
internal sealed class Vocabulary
{
    // Bytes or characters of a text in a message.
    private const int Shown = 60;

    private readonly ReadOnlyMemory<byte>[] _texts;
    private readonly TokenKind[] _kinds;
    private readonly BytesLookup _lookup;

    /// <param name="texts">UTF-8 spellings by id; an empty one is a place that nothing spells.</param>
    /// <param name="kinds">Kinds by id.</param>
    /// <param name="scores">Scores by id, or null for none.</param>
    /// <exception cref="InvalidDataException">No tokens, a spelling twice, a score that is no number.</exception>
    internal Vocabulary(ReadOnlyMemory<byte>[] texts, TokenKind[] kinds, float[]? scores)
    {
        if (texts.Length == 0) throw new InvalidDataException("The vocabulary is empty: a tokenizer needs at least one token.");
        (_texts, _kinds, Scores) = (texts, kinds, scores);
        _lookup = new BytesLookup(texts.Length);
        for (int id = 0; id < texts.Length; id++)
        {
            if (texts[id].IsEmpty || _lookup.TryAdd(texts[id], id)) continue;
            throw new InvalidDataException(
                $"The vocabulary holds the token '{Show(texts[id].Span)}' twice, as {_lookup.Find(texts[id].Span)} and as {id}: the file is damaged.");
        }
        for (int id = 0; id < (scores?.Length ?? 0); id++)
            if (!float.IsFinite(scores![id]))
                throw new InvalidDataException($"The score of token {id} ('{Show(texts[id].Span)}') is {scores[id]}: the file is damaged.");
    }

    internal int Count => _texts.Length;

    internal float[]? Scores { get; }

    /// <summary>The longest spelling, in bytes.</summary>
    internal int MaximumLength => _lookup.MaximumLength;

    internal ReadOnlySpan<byte> Text(int id) => _texts[id].Span;

    internal ReadOnlyMemory<byte> Memory(int id) => _texts[id];

    internal TokenKind Kind(int id) => _kinds[id];

    internal void SetKind(int id, TokenKind kind) => _kinds[id] = kind;

    internal float Score(int id) => Scores is null ? 0 : Scores[id];

    /// <summary>The id spelled by <paramref name="text"/>, or −1.</summary>
    internal int Find(ReadOnlySpan<byte> text) => _lookup.Find(text);

    internal int Find(string text) => _lookup.Find(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads <c>&lt;0x41&gt;</c>; −1 where the text is spelled otherwise.</summary>
    internal static int ByteOf(ReadOnlySpan<byte> text)
    {
        if (text.Length != 6 || !text.StartsWith("<0x"u8) || text[5] != '>') return -1;
        int high = Hex(text[3]), low = Hex(text[4]);
        return high < 0 || low < 0 ? -1 : high * 16 + low;

        static int Hex(byte c) => char.IsAsciiHexDigit((char)c) ? Convert.ToInt32(((char)c).ToString(), 16) : -1;
    }

    /// <summary>Ids by the byte they stand for, −1 where none does.</summary>
    /// <exception cref="InvalidDataException">A byte token spelled otherwise than <c>&lt;0x41&gt;</c>.</exception>
    internal int[] ByteTokens()
    {
        int[] ids = new int[256];
        Array.Fill(ids, -1);
        for (int id = 0; id < Count; id++)
        {
            if (_kinds[id] != TokenKind.Byte) continue;
            int value = ByteOf(Text(id));
            if (value < 0)
                throw new InvalidDataException($"Token {id} is marked as a byte but spelled '{Show(Text(id))}' instead of '<0x00>' to '<0xFF>': the file is damaged.");
            if (ids[value] < 0) ids[value] = id;
        }
        return ids;
    }

    /// <summary>A spelling for messages: readable, on one line, and short.</summary>
    internal static string Show(ReadOnlySpan<byte> text) => Show(Encoding.UTF8.GetString(text.Length > Shown ? text[..Shown] : text)) + (text.Length > Shown ? "..." : "");

    /// <summary>What a file says (a name, a spelling) for messages: readable, on one line, and short.</summary>
    internal static string Show(string text, int most = Shown)
    {
        var builder = new StringBuilder();
        foreach (char c in text.Length > most ? text.AsSpan(0, most) : text)
        {
            bool plain = char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            if (plain) builder.Append(c);
            else builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return builder.Append(text.Length > most ? "..." : "").ToString();
    }
}
