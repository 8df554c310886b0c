using Lapwing.Formats.Gguf;

namespace Lapwing.Models;

/// <summary>A GGUF file's hyper-parameters under its architecture's prefix, and what every family reads the same way.</summary>
internal sealed class GgufSettings(string architecture, GgufMetadata metadata, Weights weights, int? session)
{
    /// <summary>All metadata.</summary>
    public GgufMetadata Metadata => metadata;

    /// <summary>The tensors.</summary>
    public Weights Weights => weights;

    /// <summary>Blocks.</summary>
    public int Layers { get; } = Settings.Positive(metadata.GetInt32(architecture + ".block_count"), "block_count");

    public bool Has(string key) => metadata.ContainsKey(Key(key));

    public int Int(string key) => metadata.GetInt32(Key(key));

    public int Int(string key, int fallback) => metadata.GetInt32OrDefault(Key(key), fallback);

    public float Single(string key, float fallback) => metadata.GetSingleOrDefault(Key(key), fallback);

    public string? Text(string key) => metadata.GetStringOrDefault(Key(key));

    public bool Flag(string key, bool fallback) => metadata.GetBoolOrDefault(Key(key), fallback);

    /// <summary>A number for each layer: one for all, or a list.</summary>
    public int[] PerLayer(string key, int fallback) => metadata.GetInt32PerLayerOrDefault(Key(key), Layers, fallback);

    /// <summary>The specification that the shared keys give: a llama with rotation in halves.</summary>
    public DecoderSpec Common(RotaryStyle style, bool centred = false)
    {
        RefuseWhatWouldBeIgnored();
        int hidden = Settings.Positive(Int("embedding_length"), "embedding_length"), trained = Settings.Positive(Int("context_length"), "context_length");
        int[] heads = PerLayer("attention.head_count", 0), keyHeads = PerLayer("attention.head_count_kv", 0);
        for (int l = 0; l < Layers; l++)
        {
            Settings.Positive(heads[l], "attention.head_count");
            if (keyHeads[l] == 0) keyHeads[l] = heads[l];
            Settings.Groups(heads[l], keyHeads[l]);
        }
        int width = Settings.HeadWidth(Has("attention.key_length") ? Int("attention.key_length") : Settings.Divide(hidden, heads[0], "embedding_length by the head count"));
        if (Int("attention.value_length", width) != width) throw new NotSupportedException($"{architecture}: values {Int("attention.value_length", width)} wide beside keys {width} wide are not supported");
        var rotary = Rotary(width, trained).Frequencies(style);
        return new DecoderSpec
        {
            Info = new ModelInfo
            {
                Architecture = architecture, Name = metadata.GetStringOrDefault("general.name"), Layers = Layers, Hidden = hidden,
                Vocabulary = weights.RowsOf("token_embd"), ContextLength = trained,
            },
            FeedForward = PerLayer("feed_forward_length", 0),
            Attention = [.. Enumerable.Range(0, Layers).Select(l => new AttentionOptions(heads[l], keyHeads[l], width, Scale(width), rotary, 0, 0))],
            NormEpsilon = Settings.Epsilon(centred ? Single("attention.layer_norm_epsilon", 1e-5f) : Single("attention.layer_norm_rms_epsilon", 1e-5f)),
        };
    }

    // Settings of other families that change every number: a file that carries one is not what its architecture's name says.
    private void RefuseWhatWouldBeIgnored()
    {
        string? key = !Flag("attention.causal", true) ? "attention.causal" : Flag("use_parallel_residual", false) ? "use_parallel_residual"
            : Array.Find(["attention.clamp_kqv", "attention.max_alibi_bias"], k => Single(k, 0) != 0)
            ?? (Single("expert_weights_scale", 0) is not (0 or 1) ? "expert_weights_scale" : Int("expert_gating_func", 1) is not (0 or 1) ? "expert_gating_func" : null);
        if (key is not null) throw new NotSupportedException($"{architecture}: setting '{Key(key)}' is not supported in this architecture: computing without it would be silently wrong");
        if (Text("rope.scaling.type") == "yarn" && Has("rope.scaling.attn_factor") && Single("rope.scaling.attn_factor", 1) != 1)
            throw new NotSupportedException($"{architecture}: YaRN with 'rope.scaling.attn_factor' is not supported: computing without it would be silently wrong");
    }

    /// <summary>What scores are multiplied by: the file's own number, or 1/√width.</summary>
    public float Scale(int width) => Has("attention.scale") && Single("attention.scale", 0) is var s && s > 0 ? s : 1f / MathF.Sqrt(width);

    /// <summary>Rotary settings as the file gives them.</summary>
    public RotarySettings Rotary(int headWidth, int trained)
    {
        string kind = Text("rope.scaling.type") ?? (Has("rope.scaling.factor") || Has("rope.scale_linear") ? "linear" : "default"); // a factor alone means linear
        int original = Int("rope.scaling.original_context_length", trained);
        return new RotarySettings
        {
            Width = Settings.RotaryWidth(Int("rope.dimension_count", headWidth), headWidth),
            Theta = Single("rope.freq_base", 10000),
            // LongRoPE files carry lists of factors rather than a kind.
            Kind = weights.OptionalNumbers("rope_factors_long.weight") is not null ? "longrope" : kind == "none" ? "default" : kind,
            Factor = Single("rope.scaling.factor", Single("rope.scale_linear", 1)) is var f && f > 0 ? f : 1,
            OriginalContext = original,
            Context = trained,
            BetaFast = Single("rope.scaling.yarn_beta_fast", 32),
            BetaSlow = Single("rope.scaling.yarn_beta_slow", 1),
            AttentionFactor = Has("rope.scaling.attn_factor") && Single("rope.scaling.attn_factor", 1) is var a && kind != "yarn" ? a : null,
            ShortFactors = weights.OptionalNumbers("rope_factors_short.weight"),
            LongFactors = weights.OptionalNumbers("rope_factors_long.weight"),
            UseLongFactors = (session ?? 0) > original,
            Divisors = weights.OptionalNumbers("rope_freqs.weight"),
        };
    }

    private string Key(string key) => $"{architecture}.{key}";
}
