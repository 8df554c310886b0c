namespace Lapwing.Models;

/// <summary>Composes a decoder from its specification and its tensors.</summary>
internal static class DecoderBuilder
{
    /// <summary>Builds the model; it owns <paramref name="weights"/> from then on.</summary>
    public static DecoderModel Build(DecoderSpec spec, Weights weights)
    {
        var info = spec.Info;
        var blocks = new DecoderBlock[info.Layers];
        for (int l = 0; l < blocks.Length; l++) blocks[l] = Block(spec, weights, l, spec.FeedForward[l]);

        var table = weights.Matrix("token_embd", info.Vocabulary, info.Hidden);
        var positions = spec.LearnedPositions ? weights.Matrix("position_embd", info.ContextLength, info.Hidden) : null;
        // A head of its own that is not the embedding's copy contradicts a setting that ties them: Transformers 5 takes the head (version 4 dropped it).
        bool tied = !weights.Has("output") ? spec.TiedHead ?? true : spec.TiedHead == true && weights.Equal("output", "token_embd");
        var output = tied ? new Linear("lm_head", table) { GgufName = "token_embd" } : weights.Linear("output", info.Vocabulary, info.Hidden, bias: Other(spec));
        var model = new DecoderModel(
            info, new Embedding(table, spec.EmbeddingMultiplier, positions), blocks, Norm(spec, weights, "output_norm", 0, info.Hidden), new Head(output, spec.LogitMultiplier, spec.LogitSoftCap), weights);
        weights.CheckAllUsed(info.Architecture);
        return model;
    }

    private static DecoderBlock Block(DecoderSpec spec, Weights weights, int l, int width)
    {
        int hidden = spec.Info.Hidden;
        bool before = spec.Norms.HasFlag(NormPlacement.Before), after = spec.Norms.HasFlag(NormPlacement.After);
        return new DecoderBlock(
            Mixer(spec, weights, l),
            spec.Experts is { } experts && experts.Sparse(l) ? Sparse(spec, experts, weights, l, width) : Dense(spec, weights, l, width),
            before ? Norm(spec, weights, "attn_norm", l, hidden) : null,
            after ? Norm(spec, weights, "post_attention_norm", l, hidden) : null,
            before ? Norm(spec, weights, "ffn_norm", l, hidden) : null,
            after ? Norm(spec, weights, "post_ffw_norm", l, hidden) : null,
            spec.ResidualMultiplier);
    }

    private static Attention Mixer(DecoderSpec spec, Weights weights, int l)
    {
        var options = spec.Attention[l];
        int hidden = spec.Info.Hidden, q = options.QueryWidth, k = options.KeyWidth;
        var bias = spec.Biases.QueryKeyValue;
        var qRows = spec.PairedRows ? new RowOrder(options.Heads, options.HeadWidth) : null;
        var kRows = spec.PairedRows ? new RowOrder(options.KeyValueHeads, options.HeadWidth) : null;
        Linear[] projections = weights.Has("attn_qkv", l)
            ? [weights.Linear("attn_qkv", q + 2 * k, hidden, l, bias: bias)]
            : [weights.Linear("attn_q", q, hidden, l, qRows, bias), weights.Linear("attn_k", k, hidden, l, kRows, bias), weights.Linear("attn_v", k, hidden, l, bias: bias)];
        return new Attention(l, options, projections, weights.Linear("attn_output", hidden, q, l, bias: spec.Biases.Output), QueryKeyNorm("attn_q_norm", q), QueryKeyNorm("attn_k_norm", k));

        // One head wide, or as wide as all heads together: the file's tensor says which.
        Norm? QueryKeyNorm(string role, int width) =>
            spec.QueryKeyNorms ? Norm(spec, weights, role, l, weights.LengthOf(role, l) == options.HeadWidth ? options.HeadWidth : width) : null;
    }

    private static FeedForward Dense(DecoderSpec spec, Weights weights, int l, int width)
    {
        int hidden = spec.Info.Hidden;
        var bias = spec.Biases.Mlp;
        var down = weights.Linear("ffn_down", hidden, width, l, bias: bias);
        if (!spec.Gated) return new PlainMlp(spec.Activation, weights.Linear("ffn_up", width, hidden, l, bias: bias), down);
        Linear[] inner = weights.Has("ffn_gate", l)
            ? [weights.Linear("ffn_gate", width, hidden, l, bias: bias), weights.Linear("ffn_up", width, hidden, l, bias: bias)]
            : [weights.Linear("ffn_gate_up", 2 * width, hidden, l, bias: bias)];
        return new GatedMlp(spec.Activation, inner, down);
    }

    private static MixtureOfExperts Sparse(DecoderSpec spec, ExpertSpec experts, Weights weights, int l, int width)
    {
        int hidden = spec.Info.Hidden;
        var list = new FeedForward[experts.Count];
        for (int e = 0; e < list.Length; e++)
            list[e] = new GatedMlp(
                spec.Activation,
                [weights.Expert("ffn_gate_exps", width, hidden, l, e, experts.Count), weights.Expert("ffn_up_exps", width, hidden, l, e, experts.Count)],
                weights.Expert("ffn_down_exps", hidden, width, l, e, experts.Count));
        return new MixtureOfExperts(weights.Linear("ffn_gate_inp", experts.Count, hidden, l, bias: Other(spec)), list, experts.Chosen, experts.Renormalise);
    }

    // Head and router have no bias in any family of Transformers'.
    private static Presence Other(DecoderSpec spec) => spec.Biases == BiasSettings.AsStored ? Presence.IfStored : Presence.Never;

    private static Norm Norm(DecoderSpec spec, Weights weights, string role, int l, int width) => spec.CentredNorms
        ? new LayerNorm(weights.Vector(role, width, l), weights.OptionalVector(role, width, l, ".bias"), spec.NormEpsilon)
        : new RmsNorm(weights.Vector(role, width, l), spec.NormEpsilon, spec.NormOffset);
}
