namespace Lapwing.Training;

/// <summary>How rows become examples.</summary>
public sealed record ExampleOptions
{
    /// <summary>The most tokens an example may have; the rest is cut off (conversations, token rows) or goes into the next (plain text).</summary>
    public int Length { get; init; } = 512;

    /// <summary>Rows of the model's embedding: every id must be below.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The token that ends plain text, if the model has one.</summary>
    public int? EndOfText { get; init; }
}
