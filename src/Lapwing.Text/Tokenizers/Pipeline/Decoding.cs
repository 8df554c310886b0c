namespace Lapwing.Text.Tokenizers;

/// <summary>The bytes that each token adds to a text.</summary>
internal static class Decoding
{
    /// <summary>Spaces are written ▁ and bytes <c>&lt;0x41&gt;</c> in all but control tokens, whose spelling is their text.</summary>
    internal static ReadOnlyMemory<byte>[] Marked(Vocabulary vocabulary)
    {
        var result = new ReadOnlyMemory<byte>[vocabulary.Count];
        for (int id = 0; id < result.Length; id++)
        {
            ReadOnlyMemory<byte> text = vocabulary.Memory(id);
            result[id] = vocabulary.Kind(id) switch
            {
                TokenKind.Byte when Vocabulary.ByteOf(text.Span) is >= 0 and int value => new[] { (byte)value },
                TokenKind.Normal or TokenKind.Unused or TokenKind.UserDefined => Unmark(text),
                _ => text,
            };
        }
        return result;
    }

    /// <summary>Bytes are spelled in <see cref="ByteAlphabet"/>; a spelling with other characters is its own text.</summary>
    internal static ReadOnlyMemory<byte>[] Spelled(Vocabulary vocabulary)
    {
        var result = new ReadOnlyMemory<byte>[vocabulary.Count];
        for (int id = 0; id < result.Length; id++)
        {
            ReadOnlyMemory<byte> text = vocabulary.Memory(id);
            bool ordinary = vocabulary.Kind(id) is TokenKind.Normal or TokenKind.Unused or TokenKind.Byte;
            result[id] = ordinary && ByteAlphabet.Read(text.Span) is { } bytes ? bytes : text;
        }
        return result;
    }

    /// <summary>Every ▁ as a space.</summary>
    internal static ReadOnlyMemory<byte> Unmark(ReadOnlyMemory<byte> text)
    {
        ReadOnlySpan<byte> mark = "▁"u8;
        if (text.Span.IndexOf(mark) < 0) return text;
        byte[] result = new byte[text.Length];
        int count = 0;
        ReadOnlySpan<byte> rest = text.Span;
        while (!rest.IsEmpty)
        {
            if (rest.StartsWith(mark))
            {
                result[count++] = (byte)' ';
                rest = rest[mark.Length..];
                continue;
            }
            result[count++] = rest[0];
            rest = rest[1..];
        }
        return result.AsMemory(0, count);
    }
}
