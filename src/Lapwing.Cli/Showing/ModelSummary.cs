using Lapwing.Formats;

namespace Lapwing.Cli.Showing;

/// <summary>How many tensors of one type a file holds.</summary>
internal sealed record TypeShare(string Type, int Tensors, long Elements, long Bytes);

/// <summary>What stands in a model file or folder, as far as it says; nothing is computed with it.</summary>
internal sealed record ModelSummary
{
    public required string Path { get; init; }

    public required string Format { get; init; }

    public required IReadOnlyList<string> Files { get; init; }

    public required IReadOnlyList<TensorView> Tensors { get; init; }

    public string Kind { get; init; } = "model";

    public string? Name { get; init; }

    public string? Architecture { get; init; }

    public string? Licence { get; init; }

    public long? Layers { get; init; }

    public long? Hidden { get; init; }

    public long? FeedForward { get; init; }

    public long? Heads { get; init; }

    public long? KeyValueHeads { get; init; }

    public long? Experts { get; init; }

    /// <summary>Experts that a token is sent to.</summary>
    public long? ExpertsUsed { get; init; }

    public long? Context { get; init; }

    public long? Vocabulary { get; init; }

    public string? Tokenizer { get; init; }

    public string? Template { get; init; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Files.Sum(f => new FileInfo(f).Length);

    /// <summary>Elements of all tensors.</summary>
    public long Parameters => Tensors.Sum(t => t.Count);

    /// <summary>Bits a weight, all tensors together.</summary>
    public double BitsPerWeight => Parameters == 0 ? 0 : Tensors.Sum(t => t.Bytes) * 8.0 / Parameters;

    /// <summary>The types of the tensors, the one with the most elements first.</summary>
    public IReadOnlyList<TypeShare> Types =>
    [
        .. Tensors.GroupBy(t => t.StoredAs).Select(g => new TypeShare(g.Key, g.Count(), g.Sum(t => t.Count), g.Sum(t => t.Bytes))).OrderByDescending(s => s.Elements),
    ];

    /// <summary>The type that most weights have.</summary>
    public string? MainType => Types.FirstOrDefault()?.Type;
}
