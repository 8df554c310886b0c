using Lapwing.Formats;
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

    // What the family has asked for: the rest may be a setting that it does not follow.
    private readonly HashSet<string> asked = [];

    public bool Has(string key) => metadata.ContainsKey(Key(key));

    public int Int(string key) => metadata.GetInt32(Key(key));

    public int Int(string key, int fallback) => metadata.GetInt32OrDefault(Key(key), fallback);

    public float Single(string key) => metadata.GetSingle(Key(key));

    public float Single(string key, float fallback) => metadata.GetSingleOrDefault(Key(key), fallback);

    public string? Text(string key) => metadata.GetStringOrDefault(Key(key));

    public bool Flag(string key, bool fallback) => metadata.GetBoolOrDefault(Key(key), fallback);

    /// <summary>A number for each layer: one for all, or a list.</summary>
    public int[] PerLayer(string key, int fallback) => metadata.GetInt32PerLayerOrDefault(Key(key), Layers, fallback);

    /// <summary>The specification that the shared keys give: a llama with rotation in halves.</summary>
    public DecoderSpec Common(RotaryStyle style, bool centred = false)
    {
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
        if (style == RotaryStyle.Pairs && rotary.Width != width)
            throw new NotSupportedException($"'{Key("rope.dimension_count")}' is {rotary.Width} for heads {width} wide: in architecture '{architecture}' whole heads turn, and no other order of their rows is known");
        return new DecoderSpec
        {
            Info = new ModelInfo
            {
                Architecture = architecture, Name = metadata.GetStringOrDefault("general.name"), Layers = Layers, Hidden = hidden,
                Vocabulary = weights.RowsOf("token_embd"), ContextLength = trained,
            },
            FeedForward = PerLayer("feed_forward_length", 0),
            Attention = [.. Enumerable.Range(0, Layers).Select(l => new AttentionOptions(heads[l], keyHeads[l], width, Scale(width), rotary, 0, 0))],
            NormEpsilon = Settings.Epsilon(Single(centred ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon")),
        };
    }

    /// <summary>Refuses settings that change every number and that the family did not ask for: a file that carries one is not what its architecture's name says.</summary>
    /// <exception cref="NotSupportedException">There is such a setting.</exception>
    public void RefuseWhatWouldBeIgnored()
    {
        foreach (var (key, neutral) in ForeignSettings.All)
        {
            if (asked.Contains(key) || !metadata.ContainsKey($"{architecture}.{key}")) continue;
            if (!neutral(metadata, $"{architecture}.{key}")) throw new NotSupportedException($"{architecture}: setting '{architecture}.{key}' is not supported in this architecture: computing without it would be silently wrong");
        }
    }

    /// <summary>What scores are multiplied by: the file's own number, or 1/√width.</summary>
    public float Scale(int width) => Has("attention.scale") && Single("attention.scale", 0) is var s && s > 0 ? s : 1f / MathF.Sqrt(width);

    /// <summary>Rotary settings as the file gives them.</summary>
    public RotarySettings Rotary(int headWidth, int trained)
    {
        string kind = Text("rope.scaling.type") ?? (Has("rope.scaling.factor") || Has("rope.scale_linear") ? "linear" : "default"); // a factor alone means linear
        int original = Int("rope.scaling.original_context_length", trained);
        if (kind is not ("default" or "none" or "linear" or "yarn" or "longrope"))
            throw new NotSupportedException($"rotary scaling {Wording.Quote(kind)} ('{Key("rope.scaling.type")}') is not supported in GGUF files: none, linear, yarn and longrope are");
        bool longRope = weights.OptionalNumbers("rope_factors_long.weight") is not null;
        float factor = Single("rope.scaling.factor", Single("rope.scale_linear", 1)) is var f && f > 0 ? f : 1;
        if (longRope && factor != 1) throw new NotSupportedException($"{architecture}: 'rope.scaling.factor' beside LongRoPE's lists of factors is not supported");
        return new RotarySettings
        {
            Width = Settings.RotaryWidth(Int("rope.dimension_count", headWidth), headWidth),
            Theta = Single("rope.freq_base", 10000),
            // LongRoPE files carry lists of factors rather than a kind.
            Kind = longRope ? "longrope" : kind == "none" ? "default" : kind,
            Factor = factor,
            OriginalContext = original,
            Context = trained,
            BetaFast = Single("rope.scaling.yarn_beta_fast", 32),
            BetaSlow = Single("rope.scaling.yarn_beta_slow", 1),
            // LongRoPE's own factor is not computed from a GGUF file's contexts: the file has it, or it is 1. YaRN's stands in files whose config.json said it.
            AttentionFactor = longRope ? 1 : kind == "yarn" && Has("rope.scaling.yarn_attn_factor") ? Single("rope.scaling.yarn_attn_factor") : null,
            Multiplier = Single("rope.scaling.attn_factor", 1),
            ShortFactors = weights.OptionalNumbers("rope_factors_short.weight"),
            LongFactors = weights.OptionalNumbers("rope_factors_long.weight"),
            UseLongFactors = (session ?? 0) > original,
            Divisors = weights.OptionalNumbers("rope_freqs.weight"),
        };
    }

    /// <summary>Whether each layer has the window: of every <paramref name="period"/> layers all but the last, unless the file says otherwise by a number or a list.</summary>
    public bool[] Sliding(int period)
    {
        const string Pattern = "attention.sliding_window_pattern";
        if (Has(Pattern) && metadata[Key(Pattern)] is { Type: GgufType.Array } list)
            return list.ElementType == GgufType.Bool ? metadata.GetBoolPerLayer(Key(Pattern), Layers) : [.. PerLayer(Pattern, 0).Select(i => i != 0)];
        period = Settings.Positive(Int(Pattern, period), Pattern);
        return [.. Enumerable.Range(0, Layers).Select(l => (l + 1) % period != 0)];
    }

    private string Key(string key)
    {
        asked.Add(key);
        return $"{architecture}.{key}";
    }
}
