using System.Buffers;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Strings as Python counts them: by code point, where .NET counts UTF-16 units.</summary>
internal static class CodePoints
{
    private static readonly SearchValues<char> Surrogates = SearchValues.Create([.. Enumerable.Range(0xd800, 0x800).Select(c => (char)c)]);
    private static readonly string[] Ascii = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];

    public static bool IsPlain(string text) => !text.AsSpan().ContainsAny(Surrogates);

    public static int Length(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny(Surrogates)) return text.Length;
        int pairs = 0;
        for (int i = 0; i + 1 < text.Length; i++)
        {
            if (!char.IsSurrogatePair(text[i], text[i + 1])) continue;
            pairs++;
            i++;
        }
        return text.Length - pairs;
    }

    /// <summary>The UTF-16 offset of a code point; the length for one past the end.</summary>
    public static int Offset(string text, int point)
    {
        if (IsPlain(text)) return Math.Min(point, text.Length);
        int at = 0;
        for (; point > 0 && at < text.Length; point--) at += Width(text, at);
        return at;
    }

    public static int Width(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;

    public static string Slice(string text, int from, int to)
    {
        if (to <= from) return "";
        int start = Offset(text, from);
        return text[start..Offset(text, to)];
    }

    public static IEnumerable<string> Each(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int width = Width(text, i);
            yield return text[i] < 128 ? Ascii[text[i]] : text.Substring(i, width);
            i += width;
        }
    }

    /// <summary>Order by code point: surrogate pairs come after every other character, unlike their units.</summary>
    public static int Compare(string a, string b)
    {
        int same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length) return a.Length.CompareTo(b.Length);
        return Rank(a[same]).CompareTo(Rank(b[same]));

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }
}
