namespace Lapwing.Training.Data;

/// <summary>How data files are read.</summary>
public sealed record DataOptions
{
    /// <summary>Values of placeholders: <c>{{name}}</c> becomes <c>Values["name"]</c>.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether placeholders without a value stay as text instead of stopping the run.</summary>
    public bool KeepPlaceholders { get; init; }

    /// <summary>Reads the <c>name=value</c> of <c>--set</c> options.</summary>
    /// <exception cref="ArgumentException">No name, or a name given twice.</exception>
    public static IReadOnlyDictionary<string, string> ParseValues(IEnumerable<string> options) => Placeholders.Parse(options);
}

/// <summary>What a run knows of a data file: enough to check it later, nothing of what it says or where it lay.</summary>
/// <param name="Name">File name without folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash in lower-case hexadecimal.</param>
/// <param name="Rows">Rows that were read from it.</param>
public sealed record DataFile(string Name, long Bytes, string Sha256, int Rows);

/// <summary>Everything the data files of a run hold.</summary>
/// <param name="Rows">Rows in the order of files and lines.</param>
/// <param name="Files">The files.</param>
/// <param name="Report">What was recognised and what was wrong; building examples adds to it.</param>
public sealed record DataSet(IReadOnlyList<DataRow> Rows, IReadOnlyList<DataFile> Files, DataReport Report);
