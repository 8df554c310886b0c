using System.Text;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Training;

/// <summary>
/// Finds where in a text each of its tokens begins, by walking text and tokens side by side. Exact for every vocabulary that spells a text as it
/// stands; where one does not (a space put in front, Unicode normalisation, spaces swallowed by a special token) the walk finds its way back
/// at the next token that matches.
/// </summary>
internal static class TextOffsets
{
    // How far ahead a token is looked for where it does not follow at once: more than any run of spaces or characters that a normaliser touches.
    private const int Ahead = 64;

    /// <summary>The text's tokens and, for each, the UTF-16 index of its first character.</summary>
    public static TokenisedText Map(Tokenizer tokenizer, string text, int[] ids)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int[] characters = CharacterOfByte(text, bytes.Length);
        int[] starts = new int[ids.Length];
        int at = 0;
        for (int t = 0; t < ids.Length; t++)
        {
            var token = tokenizer.TokenBytes(ids[t]);
            var (start, end) = Place(bytes, at, token, mayBeAdded: tokenizer.IsSpecial(ids[t]));
            starts[t] = characters[start];
            at = end;
        }

        return new(ids, starts);
    }

    private static (int Start, int End) Place(ReadOnlySpan<byte> text, int at, ReadOnlySpan<byte> token, bool mayBeAdded)
    {
        if (token.IsEmpty) return (at, at);
        if (text[at..].StartsWith(token)) return (at, at + token.Length);
        // SentencePiece puts a space in front of a text, and of what follows a special token.
        if (token[0] == (byte)' ' && text[at..].StartsWith(token[1..])) return (at, at + token.Length - 1);
        // BOS and EOS that the tokenizer adds stand nowhere; one that is spelled further on is not this one.
        int ahead = text[at..].IndexOfAnyExcept(" \t\r\n"u8) is var blank && blank > 0 && text[(at + blank)..].StartsWith(token) ? blank : -1;
        if (ahead < 0 && !mayBeAdded) ahead = text.Slice(at, Math.Min(text.Length - at, Ahead + token.Length)).IndexOf(token);
        return ahead < 0 ? (at, at) : (at + ahead, at + ahead + token.Length);
    }

    // For each byte of the UTF-8 form (and the end), the index of the character that it belongs to.
    private static int[] CharacterOfByte(string text, int length)
    {
        int[] map = new int[length + 1];
        int at = 0;
        for (int c = 0; c < text.Length;)
        {
            // A lone surrogate becomes U+FFFD, three bytes.
            int chars = char.IsHighSurrogate(text[c]) && c + 1 < text.Length && char.IsLowSurrogate(text[c + 1]) ? 2 : 1;
            int bytes = chars == 2 ? 4 : text[c] < 0x80 ? 1 : text[c] < 0x800 ? 2 : 3;
            map.AsSpan(at, bytes).Fill(c);
            at += bytes;
            c += chars;
        }

        map[at] = text.Length;
        return map;
    }
}
