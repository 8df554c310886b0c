namespace Lapwing.Training.Data;

/// <summary>A row that cannot be used, and why: caught by the reader, counted and named.</summary>
internal sealed class RowException(RowProblem problem, string reason) : Exception(reason)
{
    public RowProblem Problem { get; } = problem;
}
