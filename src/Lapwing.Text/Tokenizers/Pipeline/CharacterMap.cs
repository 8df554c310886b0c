using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// SentencePiece's compiled normalisation (<c>precompiled_charsmap</c>): a double array over UTF-8 prefixes whose leaves point into a pool of
/// replacements, each ended by a zero. Layout: uint32 size of the array in bytes, the array (uint32 units of Darts-clone), the pool.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _pool;

    /// <exception cref="InvalidDataException">The sizes do not fit, or the pool has no end.</exception>
    internal CharacterMap(ReadOnlySpan<byte> data)
    {
        if (data.Length < 5) throw Bad($"has {data.Length} bytes, too few for its header");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (size % 4 != 0 || size > data.Length - 4) throw Bad($"announces an array of {size} bytes in {data.Length}");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++) _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + 4 * i)..]);
        _pool = data[(int)(4 + size)..].ToArray();
    }

    private static InvalidDataException Bad(string what) => new($"The normaliser's precompiled_charsmap {what}: the file is damaged.");

    /// <summary>The longest (or shortest) prefix of <paramref name="text"/> with a replacement: its length, 0 for none, and the replacement.</summary>
    internal int Find(ReadOnlySpan<byte> text, bool shortest, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        int found = 0;
        if (_units.Length == 0) return 0;
        uint node = Offset(_units[0]);
        for (int i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || text[i] == 0) break;
            uint unit = _units[node];
            if ((unit & 0x800000FF) != text[i]) break;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (node >= _units.Length) throw Bad("points outside itself");
            uint at = _units[node] & 0x7FFFFFFF;
            if (at >= _pool.Length) throw Bad("points outside its replacements");
            int end = _pool.AsSpan((int)at).IndexOf((byte)0);
            if (end < 0) throw Bad("has a replacement without an end");
            replacement = _pool.AsSpan((int)at, end);
            found = i + 1;
            if (shortest) break;
        }
        return found;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);
}

/// <summary>
/// Hugging Face's <c>Precompiled</c>: grapheme by grapheme; a short one (under 6 bytes) is replaced whole when any prefix of it has a replacement,
/// otherwise each of its characters on its own. Not SentencePiece's rule, but the one those tokenizers were checked against.
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map, ReadOnlyMemory<byte> data) : Normalizer
{
    internal ReadOnlyMemory<byte> Data => data;

    internal override string Apply(string text)
    {
        var builder = new StringBuilder(text.Length);
        Span<byte> utf8 = stackalloc byte[8];
        Span<char> single = stackalloc char[2];
        for (int at = 0; at < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, at);
            ReadOnlySpan<char> grapheme = text.AsSpan(at, length);
            at += length;
            if (length < 6 && Encoding.UTF8.GetByteCount(grapheme) < 6 && Replace(grapheme, utf8, builder)) continue;
            foreach (Rune rune in grapheme.EnumerateRunes())
            {
                int units = rune.EncodeToUtf16(single);
                if (!Replace(single[..units], utf8, builder)) builder.Append(single[..units]);
            }
        }
        return builder.ToString();
    }

    private bool Replace(ReadOnlySpan<char> text, Span<byte> utf8, StringBuilder builder)
    {
        int length = Encoding.UTF8.GetBytes(text, utf8);
        if (map.Find(utf8[..length], shortest: true, out ReadOnlySpan<byte> replacement) == 0) return false;
        builder.Append(Encoding.UTF8.GetString(replacement));
        return true;
    }
}

/// <summary>
/// SentencePiece's own preparation: the character map by longest prefix, extra spaces removed, one put before (or behind) the text, spaces written ▁.
/// </summary>
/// <param name="map">The character map, or null for none.</param>
/// <param name="addDummyPrefix">Put a space before the text.</param>
/// <param name="removeExtraSpaces">Leading, trailing and repeated spaces go.</param>
/// <param name="suffix">The dummy space goes behind the text.</param>
/// <param name="keepWhole">Spellings (of user-defined tokens) that the character map must not touch; null for none.</param>
internal sealed class SentencePieceNormalizer(CharacterMap? map, bool addDummyPrefix, bool removeExtraSpaces, bool suffix, ByteTrie? keepWhole) : Normalizer
{
    private const char Mark = '▁';

    internal override string Apply(string text)
    {
        if (text.Length == 0) return text;
        string mapped = map is null ? text : Map(text, map);
        var builder = new StringBuilder(mapped.Length + 1);
        if (removeExtraSpaces)
        {
            foreach (string word in mapped.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (builder.Length > 0) builder.Append(Mark);
                builder.Append(word);
            }
            if (builder.Length == 0) return "";
        }
        else
        {
            builder.Append(mapped).Replace(' ', Mark);
        }
        if (builder.Length == 0 || !addDummyPrefix) return builder.ToString();
        return suffix ? builder.Append(Mark).ToString() : builder.Insert(0, Mark).ToString();
    }

    private string Map(string text, CharacterMap characters)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        var output = new List<byte>(bytes.Length);
        while (!bytes.IsEmpty)
        {
            int whole = keepWhole?.Longest(bytes).Length ?? 0;
            int taken = whole > 0 ? 0 : characters.Find(bytes, shortest: false, out ReadOnlySpan<byte> replacement) is > 0 and int n ? Append(output, replacement, n) : 0;
            if (taken == 0)
            {
                Rune.DecodeFromUtf8(bytes, out _, out int width);
                taken = whole > 0 ? whole : width;
                output.AddRange(bytes[..taken]);
            }
            bytes = bytes[taken..];
        }
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output));
    }

    private static int Append(List<byte> output, ReadOnlySpan<byte> replacement, int taken)
    {
        output.AddRange(replacement);
        return taken;
    }
}
