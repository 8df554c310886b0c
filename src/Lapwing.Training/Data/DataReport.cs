namespace Lapwing.Training.Data;

/// <summary>What can be wrong, or at least worth knowing, with a row.</summary>
public enum RowProblem
{
    /// <summary>Not JSON, or not the shape its form asks for: left out.</summary>
    Malformed,

    /// <summary>Not valid UTF-8: left out.</summary>
    NotUtf8,

    /// <summary>No form that is known: left out.</summary>
    UnknownForm,

    /// <summary>An answer without text: left out.</summary>
    EmptyAnswer,

    /// <summary>A conversation that the model's chat template refuses: left out.</summary>
    Refused,

    /// <summary>The same, word for word, as an earlier row: kept.</summary>
    Duplicate,

    /// <summary>Longer than the length asked for: its end was cut off.</summary>
    Truncated,

    /// <summary>No token of it carries loss (after truncation): left out.</summary>
    NothingToLearn,
}

/// <summary>
/// What was recognised and what was wrong, counted and with the first places named, so that nothing is left out in silence.
/// Holds no text of the rows.
/// </summary>
public sealed class DataReport
{
    private const int PlacesNamed = 5;
    private readonly SortedDictionary<RowProblem, int> counts = [];
    private readonly SortedDictionary<RowProblem, List<string>> places = [];
    private readonly List<string> recognised = [];

    /// <summary>How many rows have each problem.</summary>
    public IReadOnlyDictionary<RowProblem, int> Counts => counts;

    /// <summary>What each file was recognised as, one line a file.</summary>
    public IReadOnlyList<string> Recognised => recognised;

    /// <summary>One line for each kind of problem, with its count and first places.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (problem, count) in counts)
        {
            string more = count > places[problem].Count ? ", …" : "";
            yield return $"{Describe(problem, count)}: {string.Join(", ", places[problem])}{more}";
        }
    }

    /// <summary>Rows that were left out.</summary>
    public int LeftOut() => counts.Where(c => c.Key is not (RowProblem.Duplicate or RowProblem.Truncated)).Sum(c => c.Value);

    internal void Add(RowProblem problem, RowOrigin origin, string? reason = null)
    {
        counts[problem] = counts.GetValueOrDefault(problem) + 1;
        if (!places.TryGetValue(problem, out var list)) places[problem] = list = [];
        if (list.Count < PlacesNamed) list.Add(reason is null ? origin.ToString() : $"{origin} ({reason})");
    }

    internal void AddRecognised(string line) => recognised.Add(line);

    private static string Describe(RowProblem problem, int count)
    {
        string rows = count == 1 ? "1 row" : $"{count} rows";
        return problem switch
        {
            RowProblem.Malformed => $"{rows} left out, malformed",
            RowProblem.NotUtf8 => $"{rows} left out, not UTF-8",
            RowProblem.UnknownForm => $"{rows} left out, in no known form",
            RowProblem.EmptyAnswer => $"{rows} left out, without an answer",
            RowProblem.Refused => $"{rows} left out, refused by the model's chat template",
            RowProblem.Duplicate => $"{rows} the same as an earlier one (kept)",
            RowProblem.Truncated => $"{rows} cut off at --length",
            _ => $"{rows} left out, no token carries loss",
        };
    }
}
