namespace Lapwing.Cli.Host;

/// <summary>Columns set side by side with spaces: the same text for a person, a pipe and a test.</summary>
internal static class Table
{
    /// <summary>Writes rows with columns two spaces apart; columns whose heading begins with <c>&gt;</c> are set to the right.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<string> headings, IEnumerable<string[]> rows)
    {
        bool[] right = [.. headings.Select(h => h.StartsWith('>'))];
        List<string[]> lines = [[.. headings.Select(h => h.TrimStart('>'))], .. rows];
        int[] widths = [.. Enumerable.Range(0, headings.Count).Select(c => lines.Max(l => l[c].Length))];
        foreach (var line in lines)
            writer.WriteLine(string.Join("  ", line.Select((text, c) => right[c] ? text.PadLeft(widths[c]) : text.PadRight(widths[c]))).TrimEnd());
    }

    /// <summary>Writes names and values, values aligned; null values are left out.</summary>
    public static void WriteFacts(TextWriter writer, IEnumerable<(string Name, string? Value)> facts)
    {
        List<(string Name, string? Value)> shown = [.. facts.Where(f => f.Value is not null)];
        int width = shown.Count == 0 ? 0 : shown.Max(f => f.Name.Length);
        foreach (var (name, value) in shown) writer.WriteLine($"{name.PadRight(width)}  {value}");
    }
}
