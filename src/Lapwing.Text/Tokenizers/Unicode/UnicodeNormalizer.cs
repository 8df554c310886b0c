using System.Globalization;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>Unicode normalisation forms NFC, NFD, NFKC and NFKD (UAX #15), from <see cref="NormalizationTables"/>.</summary>
internal static class UnicodeNormalizer
{
    private const int HangulFirst = 0xAC00, HangulLast = 0xD7A3, LeadFirst = 0x1100, VowelFirst = 0x1161, TailFirst = 0x11A7;
    private const int VowelCount = 28 * 21, TailCount = 28, Vowels = 21, Leads = 19;

    private static readonly Lazy<Dictionary<int, int[]>> Canonical = new(() => Expand(compatibility: false));
    private static readonly Lazy<Dictionary<int, int[]>> Compatibility = new(() => Expand(compatibility: true));
    private static readonly Lazy<Dictionary<int, byte>> Classes = new(ReadClasses);
    private static readonly Lazy<Dictionary<long, int>> Compositions = new(ReadCompositions);

    /// <summary><paramref name="text"/> in the named form. Text whose code points all lie below the form's first change comes back as it is.</summary>
    internal static string Normalize(string text, NormalizationForm form)
    {
        bool compatibility = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        bool compose = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        // Below U+0300 nothing composes with what precedes it, below U+00A0 nothing decomposes at all.
        char safe = form == NormalizationForm.FormC ? '\u0300' : '\u00A0';
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(safe - 1))) return text;

        List<int> points = Decompose(CodePoints.From(text), compatibility);
        Reorder(points);
        if (compose) Compose(points);
        return CodePoints.ToText(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(points));
    }

    private static List<int> Decompose(int[] source, bool compatibility)
    {
        Dictionary<int, int[]> map = (compatibility ? Compatibility : Canonical).Value;
        var result = new List<int>(source.Length + 16);
        foreach (int c in source)
        {
            if (c is >= HangulFirst and <= HangulLast)
            {
                int index = c - HangulFirst;
                result.Add(LeadFirst + index / VowelCount);
                result.Add(VowelFirst + index % VowelCount / TailCount);
                if (index % TailCount != 0) result.Add(TailFirst + index % TailCount);
            }
            else if (c >= 0xA0 && map.TryGetValue(c, out int[]? parts))
            {
                result.AddRange(parts);
            }
            else
            {
                result.Add(c);
            }
        }
        return result;
    }

    /// <summary>Puts each run of combining marks into the order of their classes (stable, as canonical ordering demands).</summary>
    private static void Reorder(List<int> points)
    {
        for (int i = 0; i < points.Count; i++)
        {
            if (Class(points[i]) == 0) continue;
            int end = i + 1;
            while (end < points.Count && Class(points[end]) != 0) end++;
            if (end - i > 1)
            {
                // OrderBy is a stable merge sort: a megabyte of combining marks stays n log n.
                int[] sorted = [.. points.GetRange(i, end - i).OrderBy(Class)];
                for (int k = 0; k < sorted.Length; k++) points[i + k] = sorted[k];
            }
            i = end - 1;
        }
    }

    private static void Compose(List<int> points)
    {
        int starter = -1, write = 0, lastClass = -1;
        for (int read = 0; read < points.Count; read++)
        {
            int c = points[read];
            int combining = Class(c);
            if (starter >= 0 && (lastClass < combining || lastClass == -1) && TryCompose(points[starter], c, out int composed))
            {
                points[starter] = composed;
                continue;
            }
            if (combining == 0)
            {
                starter = write;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }
            points[write++] = c;
        }
        points.RemoveRange(write, points.Count - write);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        int lead = first - LeadFirst, vowel = second - VowelFirst;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            composed = HangulFirst + (lead * Vowels + vowel) * TailCount;
            return true;
        }
        int tail = second - TailFirst;
        if (first is >= HangulFirst and <= HangulLast && (first - HangulFirst) % TailCount == 0 && tail is > 0 and < TailCount)
        {
            composed = first + tail;
            return true;
        }
        return Compositions.Value.TryGetValue(((long)first << 32) | (uint)second, out composed);
    }

    private static int Class(int codePoint)
        => codePoint < 0x300 ? 0 : Classes.Value.TryGetValue(codePoint, out byte value) ? value : 0;

    private static Dictionary<int, int[]> Expand(bool compatibility)
    {
        var single = new Dictionary<int, int[]>();
        foreach ((int first, int last, int[] values) in Entries(NormalizationTables.Canonical)) Fill(single, first, last, values);
        if (compatibility)
            foreach ((int first, int last, int[] values) in Entries(NormalizationTables.Compatibility)) Fill(single, first, last, values);

        var full = new Dictionary<int, int[]>(single.Count);
        foreach ((int c, int[] parts) in single)
        {
            var list = new List<int>();
            foreach (int part in parts) Add(list, part);
            full[c] = [.. list];
        }
        return full;

        void Add(List<int> list, int c)
        {
            if (!single.TryGetValue(c, out int[]? parts)) list.Add(c);
            else
                foreach (int part in parts) Add(list, part);
        }

        static void Fill(Dictionary<int, int[]> map, int first, int last, int[] values)
        {
            for (int c = first; c <= last; c++) map[c] = values.Length == 1 ? [values[0] + c - first] : values;
        }
    }

    private static Dictionary<int, byte> ReadClasses()
    {
        var map = new Dictionary<int, byte>();
        foreach (string entry in NormalizationTables.CombiningClasses.Split(';'))
        {
            int colon = entry.IndexOf(':', StringComparison.Ordinal);
            (int first, int last) = Range(entry.AsSpan(0, colon));
            for (int c = first; c <= last; c++) map[c] = byte.Parse(entry.AsSpan(colon + 1), NumberStyles.None);
        }
        return map;
    }

    private static Dictionary<long, int> ReadCompositions()
    {
        var excluded = new HashSet<int>();
        foreach (string entry in NormalizationTables.CompositionExclusions.Split(';'))
        {
            (int first, int last) = Range(entry);
            for (int c = first; c <= last; c++) excluded.Add(c);
        }
        var map = new Dictionary<long, int>();
        foreach ((int first, int last, int[] values) in Entries(NormalizationTables.Canonical))
            if (values.Length == 2 && !excluded.Contains(first)) map[((long)values[0] << 32) | (uint)values[1]] = first;
        return map;
    }

    private static IEnumerable<(int First, int Last, int[] Values)> Entries(string table)
    {
        foreach (string entry in table.Split(';'))
        {
            int colon = entry.IndexOf(':', StringComparison.Ordinal);
            (int first, int last) = Range(entry.AsSpan(0, colon));
            yield return (first, last, [.. entry[(colon + 1)..].Split(' ').Select(x => int.Parse(x, NumberStyles.AllowHexSpecifier))]);
        }
    }

    /// <summary>Reads <c>first[-last]</c>, hexadecimal.</summary>
    internal static (int First, int Last) Range(ReadOnlySpan<char> text)
    {
        int dash = text.IndexOf('-');
        int first = int.Parse(dash < 0 ? text : text[..dash], NumberStyles.AllowHexSpecifier);
        return (first, dash < 0 ? first : int.Parse(text[(dash + 1)..], NumberStyles.AllowHexSpecifier));
    }
}
