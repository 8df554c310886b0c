using System.Collections;
using System.Text;

namespace Lapwing.Formats.Gguf;

/// <summary>
/// An array of strings as the file holds it: one block of bytes and where each string ends. Strings are decoded when asked for, and
/// the bytes stay available, because tokens of a vocabulary need not be valid UTF-8.
/// </summary>
public sealed class GgufStringArray : IReadOnlyList<string>
{
    private readonly byte[] content;
    private readonly int[] ends;

    internal GgufStringArray(byte[] content, int[] ends)
    {
        this.content = content;
        this.ends = ends;
    }

    /// <summary>The strings as UTF-8.</summary>
    public GgufStringArray(IEnumerable<string> strings)
        : this(strings.Select(Encoding.UTF8.GetBytes))
    {
    }

    /// <summary>Strings of any bytes.</summary>
    public GgufStringArray(IEnumerable<byte[]> strings)
    {
        var all = new MemoryStream();
        var lengths = new List<int>();
        foreach (byte[] bytes in strings)
        {
            all.Write(bytes);
            lengths.Add((int)all.Length);
        }
        content = all.ToArray();
        ends = [.. lengths];
    }

    /// <summary>How many strings.</summary>
    public int Count => ends.Length;

    /// <summary>String <paramref name="index"/>, bytes that are not UTF-8 replaced by U+FFFD.</summary>
    public string this[int index] => Encoding.UTF8.GetString(Bytes(index));

    /// <summary>The bytes of string <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> Bytes(int index)
    {
        int start = index == 0 ? 0 : ends[index - 1];
        return content.AsSpan(start, ends[index] - start);
    }

    /// <summary>All strings decoded.</summary>
    public string[] ToArray()
    {
        string[] strings = new string[Count];
        for (int i = 0; i < strings.Length; i++) strings[i] = this[i];
        return strings;
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
