using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// GPT-2's spelling of bytes as visible characters: the printable Latin-1 bytes stand for themselves, the other 68 become U+0100 to U+0143 in order
/// (a space is Ġ). Source: <c>bytes_to_unicode</c> of openai/gpt-2's encoder.py.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] ToCharacter = new char[256];
    private static readonly short[] ToByte = new short[0x144];

    static ByteAlphabet()
    {
        Array.Fill(ToByte, (short)-1);
        int next = 0x100;
        for (int b = 0; b < 256; b++)
        {
            bool visible = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            ToCharacter[b] = visible ? (char)b : (char)next++;
            ToByte[ToCharacter[b]] = (short)b;
        }
    }

    internal static char Character(byte value) => ToCharacter[value];

    /// <summary>The byte that <paramref name="codePoint"/> spells, or −1.</summary>
    internal static int Byte(int codePoint) => codePoint < ToByte.Length ? ToByte[codePoint] : -1;

    /// <summary>Spells bytes as text.</summary>
    internal static string Spell(ReadOnlySpan<byte> bytes)
    {
        var builder = new StringBuilder(bytes.Length);
        foreach (byte b in bytes) builder.Append(ToCharacter[b]);
        return builder.ToString();
    }

    /// <summary>The bytes that <paramref name="text"/> (UTF-8) spells; null where a character is none of the alphabet.</summary>
    internal static byte[]? Read(ReadOnlySpan<byte> text)
    {
        byte[] result = new byte[text.Length];
        int count = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int consumed) != System.Buffers.OperationStatus.Done) return null;
            int value = Byte(rune.Value);
            if (value < 0) return null;
            result[count++] = (byte)value;
            text = text[consumed..];
        }
        return result[..count];
    }
}
