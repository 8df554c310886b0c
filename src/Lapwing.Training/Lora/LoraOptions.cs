namespace Lapwing.Training;

/// <summary>What a new LoRA adapter looks like (Hu et al., arXiv 2106.09685), in the terms of PEFT's <c>LoraConfig</c>.</summary>
public sealed record LoraOptions
{
    /// <summary>Width of the low-rank pair.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>The pair is scaled by alpha/rank (by alpha/√rank under <see cref="RankStabilised"/>); null: twice the rank.</summary>
    public double? Alpha { get; init; }

    /// <summary>rsLoRA (Kalajdzievski, arXiv 2312.03732): scale by alpha/√rank, so that large ranks still learn.</summary>
    public bool RankStabilised { get; init; }

    /// <summary>
    /// Which linear layers get a pair: <c>attention</c>, <c>mlp</c>, <c>all</c> (every linear layer but the head), module names parted by commas
    /// (<c>q_proj,v_proj</c>; whole path parts at the end of the name match, as in PEFT), or <c>regex:…</c> for the whole name.
    /// </summary>
    public string Target { get; init; } = "all";

    /// <summary>Ranks of some layers: a regular expression for the end of the name, from a dot on; the first that matches rules.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Alphas of some layers, matched likewise.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Only these layers (0 is the lowest); null: all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>Only the highest K layers; null: all. Backward passes stop below them.</summary>
    public int? TopLayers { get; init; }

    /// <summary>The seed of the first values of A.</summary>
    public ulong Seed { get; init; } = 42;
}

/// <summary>A linear layer that could carry an adapter.</summary>
/// <param name="Name">Its name in Transformers' terms, without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Inputs">Width of its input.</param>
/// <param name="Outputs">Width of its output.</param>
/// <param name="StoredTransposed">Whether Transformers stores its matrix [inputs, outputs], as GPT-2 does.</param>
public sealed record LoraSite(string Name, int Inputs, int Outputs, bool StoredTransposed = false);

/// <summary>A linear layer that will carry a pair: A is [rank, inputs], B is [outputs, rank], the output gains scale · B·A·x.</summary>
/// <param name="Site">The layer.</param>
/// <param name="Rank">The pair's width.</param>
/// <param name="Scale">What B·A·x is multiplied by.</param>
public sealed record LoraPlacement(LoraSite Site, int Rank, double Scale);
