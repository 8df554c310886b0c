using System.Text.RegularExpressions;

namespace Lapwing.Training.Data;

/// <summary>
/// Fills <c>{{name}}</c> in the strings of a row with what <c>--set name=…</c> gives. One pass: a value that itself holds braces stays as it is.
/// </summary>
internal sealed partial class Placeholders(IReadOnlyDictionary<string, string> values, bool leaveUnknown)
{
    private readonly HashSet<string> used = [];

    /// <summary>Names that were given and that no row asks for.</summary>
    public IEnumerable<string> Unused => values.Keys.Where(k => !used.Contains(k)).Order(StringComparer.Ordinal);

    /// <summary>The text with its placeholders filled.</summary>
    /// <exception cref="InvalidDataException">One has no value.</exception>
    public string Fill(string text, RowOrigin origin) => !text.Contains("{{", StringComparison.Ordinal) ? text : Pattern().Replace(text, match =>
    {
        string name = match.Groups[1].Value;
        if (values.TryGetValue(name, out string? value))
        {
            used.Add(name);
            return value;
        }

        return leaveUnknown ? match.Value : throw new InvalidDataException(
            $"{origin} holds the placeholder {match.Value}: fill it with --set {name}=VALUE, or keep such braces as text with --keep-placeholders");
    });

    /// <summary>Reads the <c>name=value</c> of <c>--set</c> options.</summary>
    /// <exception cref="ArgumentException">No name, or a name given twice.</exception>
    public static Dictionary<string, string> Parse(IEnumerable<string> options)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string option in options)
        {
            int equals = option.IndexOf('=');
            string name = equals < 0 ? "" : option[..equals].Trim();
            if (name.Length == 0) throw new ArgumentException($"--set {option}: write --set name=VALUE");
            if (!values.TryAdd(name, option[(equals + 1)..])) throw new ArgumentException($"--set {name} is given twice");
        }

        return values;
    }

    [GeneratedRegex(@"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
