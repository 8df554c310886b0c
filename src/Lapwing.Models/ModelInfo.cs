namespace Lapwing.Models;

/// <summary>What a loaded model is, in numbers that every architecture has.</summary>
public sealed record ModelInfo
{
    /// <summary>The family, by GGUF's name: <c>llama</c>, <c>qwen3</c>, …</summary>
    public required string Architecture { get; init; }

    /// <summary>What the file calls the model, if anything.</summary>
    public string? Name { get; init; }

    /// <summary>Blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Tokens that it was trained to see at once.</summary>
    public required int ContextLength { get; init; }
}
