namespace Lapwing.Models;

/// <summary>
/// What a <c>config.json</c> that leaves a setting out means by it: published files do (Gemma 3's 4B leaves out even its heads). The numbers are those
/// of Transformers' configuration classes, and they differ by family: docs/families.md names the source of each.
/// </summary>
internal sealed record FamilyDefaults
{
    /// <summary>Query heads; 0 where the file must say.</summary>
    public int Heads { get; init; }

    /// <summary>Key/value heads; 0 for as many as query heads (which is also what null says in every family).</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Width of a head; 0 for hidden / heads.</summary>
    public int HeadWidth { get; init; }

    /// <summary>Tokens; 0 where the file must say.</summary>
    public int Vocabulary { get; init; }

    public int Context { get; init; } = 2048;

    /// <summary>The context before stretching, where the family's own setting for it comes before that among the rotary settings; 0 where it has none.</summary>
    public int OriginalContext { get; init; }

    public float NormEpsilon { get; init; } = 1e-6f;

    public float Theta { get; init; } = 10000;

    /// <summary>What the setting for the non-linearity is called.</summary>
    public string ActivationKey { get; init; } = "hidden_act";

    public string Activation { get; init; } = "silu";

    /// <summary>Whether LongRoPE is the only rotary scaling, and «su» and «yarn» are earlier names of it.</summary>
    public bool LongRotaryOnly { get; init; }

    /// <summary>Which biases the family has.</summary>
    public BiasSettings Biases { get; init; } = new(Presence.Never, Presence.Never, Presence.Never);
}
