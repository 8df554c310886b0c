using Lapwing.Generation.Sampling;

namespace Lapwing.Generation;

/// <summary>How long to generate, and how to choose.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens at most; null: until the model ends or the context is full. With 0 the prompt is evaluated and nothing chosen.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the generation where they appear; they are not part of the answer.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Forbids the end-of-generation tokens.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    /// <summary>How each token is chosen, with the seed.</summary>
    public SamplerOptions Sampler { get; init; } = new();
}
