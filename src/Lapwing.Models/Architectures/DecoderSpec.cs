namespace Lapwing.Models;

/// <summary>Where a block has norms.</summary>
[Flags]
internal enum NormPlacement
{
    /// <summary>Before mixer and feed-forward.</summary>
    Before = 1,

    /// <summary>After them, before the residual is added.</summary>
    After = 2,

    /// <summary>Both.</summary>
    Both = Before | After,
}

/// <summary>A mixture of experts in place of the MLP.</summary>
/// <param name="Count">Experts.</param>
/// <param name="Chosen">Experts for a token.</param>
/// <param name="Renormalise">Whether the chosen weights are divided by their sum.</param>
/// <param name="Sparse">Which layers have experts; the others have a plain MLP.</param>
internal sealed record ExpertSpec(int Count, int Chosen, bool Renormalise, Func<int, bool> Sparse);

/// <summary>Everything about a decoder-only transformer that its settings say, whichever file they came from.</summary>
internal sealed record DecoderSpec
{
    public required ModelInfo Info { get; init; }

    /// <summary>One for each layer.</summary>
    public required IReadOnlyList<AttentionOptions> Attention { get; init; }

    /// <summary>Inner width of each layer's MLP, or of one of its experts.</summary>
    public required IReadOnlyList<int> FeedForward { get; init; }

    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>LayerNorm in place of RMSNorm.</summary>
    public bool CentredNorms { get; init; }

    /// <summary>What is added to a norm's stored weight (Gemma's safetensors hold w − 1).</summary>
    public float NormOffset { get; init; }

    public NormPlacement Norms { get; init; } = NormPlacement.Before;

    /// <summary>Norms on queries and keys.</summary>
    public bool QueryKeyNorms { get; init; }

    public Activation Activation { get; init; }

    /// <summary>act(gate) · up rather than act(up).</summary>
    public bool Gated { get; init; } = true;

    public ExpertSpec? Experts { get; init; }

    public float EmbeddingMultiplier { get; init; } = 1;

    public float ResidualMultiplier { get; init; } = 1;

    public float LogitMultiplier { get; init; } = 1;

    public float LogitSoftCap { get; init; }

    /// <summary>Which linear layers carry biases.</summary>
    public BiasSettings Biases { get; init; } = BiasSettings.AsStored;

    /// <summary>Positions are a learned table.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Whether the head shares the embedding's matrix; null leaves it to whether the file has one.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Whether a GGUF file of this family orders query and key rows by rotary pairs.</summary>
    public bool PairedRows { get; init; }
}
