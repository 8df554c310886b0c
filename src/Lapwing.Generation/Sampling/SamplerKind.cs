namespace Lapwing.Generation.Sampling;

/// <summary>The links whose order in a <see cref="SamplerChain"/> can be chosen.</summary>
public enum SamplerKind
{
    /// <summary>Repeat, frequency and presence penalties: <c>penalties</c>, <c>e</c>.</summary>
    Penalties,

    /// <summary>Don't repeat yourself: <c>dry</c>, <c>d</c>.</summary>
    Dry,

    /// <summary>Top-nσ: <c>top_n_sigma</c>, <c>s</c>.</summary>
    TopNSigma,

    /// <summary>Top-k: <c>top_k</c>, <c>k</c>.</summary>
    TopK,

    /// <summary>Locally typical: <c>typ_p</c>, <c>y</c>.</summary>
    TypicalP,

    /// <summary>Nucleus: <c>top_p</c>, <c>p</c>.</summary>
    TopP,

    /// <summary>Min-p: <c>min_p</c>, <c>m</c>.</summary>
    MinP,

    /// <summary>Exclude top choices: <c>xtc</c>, <c>x</c>.</summary>
    Xtc,

    /// <summary>Temperature, dynamic or not: <c>temperature</c>, <c>t</c>.</summary>
    Temperature,

    /// <summary>Adaptive-p, which chooses the token, wherever it is named: <c>adaptive_p</c>, <c>a</c>.</summary>
    AdaptiveP,
}
