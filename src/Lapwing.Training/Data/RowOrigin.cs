namespace Lapwing.Training.Data;

/// <summary>Where a row stands: the file's name (never its folder) and the line, from 1.</summary>
/// <param name="File">File name.</param>
/// <param name="Line">Line in it.</param>
public sealed record RowOrigin(string File, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}";
}
