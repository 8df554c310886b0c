namespace Lapwing.Models;

/// <summary>
/// What a <c>config.json</c> that leaves a setting out means by it: published files do (Gemma 3's 4B leaves out even its heads). The numbers are those
/// of Transformers' configuration classes, and they differ by family.
/// </summary>
internal sealed record FamilyDefaults
{
    /// <summary>Query heads; 0 where the file must say.</summary>
    public int Heads { get; init; }

    /// <summary>Key/value heads; 0 for as many as query heads.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Width of a head; 0 for hidden / heads.</summary>
    public int HeadWidth { get; init; }

    /// <summary>Tokens; 0 where the file must say.</summary>
    public int Vocabulary { get; init; }

    public int Context { get; init; } = 2048;

    public float NormEpsilon { get; init; } = 1e-6f;

    public float Theta { get; init; } = 10000;

    public string Activation { get; init; } = "silu";
}
