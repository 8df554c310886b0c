using Lapwing.Formats;
using Lapwing.Formats.Huggingface;

namespace Lapwing.Models;

/// <summary>A <c>config.json</c>'s hyper-parameters in the form of Transformers 4 or 5, and what every family reads the same way.</summary>
internal sealed class ConfigSettings(ModelConfig config, string architecture, Weights? weights, int? session)
{
    /// <summary>The tensors.</summary>
    public Weights Weights => weights ?? throw new InvalidOperationException("the settings were read without their tensors");

    /// <summary>Blocks.</summary>
    public int Layers { get; } = Settings.Positive(config.Has("num_hidden_layers") ? config.GetInt32("num_hidden_layers") : config.GetInt32("n_layer"), "block_count");

    public bool Has(string key) => config.Has(key);

    /// <summary>Whether the key stands in the file at all: null says «none», where a missing key says «the default».</summary>
    public bool Mentions(string key) => config.Element.TryGetProperty(key, out _);

    public int Int(string key) => config.GetInt32(key);

    public int Int(string key, int fallback) => config.GetInt32OrDefault(key, fallback);

    public float Single(string key, float fallback) => config.GetSingleOrDefault(key, fallback);

    public string? Text(string key) => config.GetStringOrDefault(key);

    public bool Flag(string key, bool fallback) => config.GetBoolOrDefault(key, fallback);

    /// <summary>The kind of each layer (<c>sliding_attention</c>, <c>full_attention</c>), or null where the file does not list them.</summary>
    public string[]? LayerTypes()
    {
        var types = config.GetStringsOrNull("layer_types");
        if (types is not null && types.Length < Layers) throw new InvalidDataException($"config.json lists {types.Length} layer types for {Layers} layers");
        return types;
    }

    /// <summary>Whether each layer slides: by the list, else by the family's pattern.</summary>
    public bool[] Sliding(Func<int, bool> otherwise)
    {
        var types = LayerTypes();
        return [.. Enumerable.Range(0, Layers).Select(l => types is null ? otherwise(l) : types[l] switch
        {
            "sliding_attention" => true,
            "full_attention" => false,
            var other => throw new NotSupportedException($"layer type {Wording.Quote(other)} is not supported: full_attention and sliding_attention are"),
        })];
    }

    /// <summary>Whether the file has rotary settings for each kind of layer.</summary>
    public bool RotatesByLayerType => config.RotatesByLayerType;

    /// <summary>A list of integers, or null.</summary>
    public int[]? Ints(string key) => config.GetInt32sOrNull(key);

    /// <summary>Which biases the settings announce.</summary>
    public BiasSettings Biases(FamilyDefaults family) => family.Biases.Resolve(Flag("attention_bias", false), Flag("mlp_bias", false));

    /// <summary>The specification that the shared keys give: a llama. The arguments are the family's own defaults.</summary>
    public DecoderSpec Common(FamilyDefaults family, string? layerType = null)
    {
        // Such a model reads its text both ways: an embedder, not a decoder.
        if (Flag("use_bidirectional_attention", false)) throw new NotSupportedException("config.json sets use_bidirectional_attention: a model that looks ahead cannot write, and is not supported");
        int hidden = Settings.Positive(Int("hidden_size"), "hidden_size"), heads = Settings.Positive(OrDefault("num_attention_heads", family.Heads), "num_attention_heads");
        int keyHeads = Int("num_key_value_heads", family.KeyValueHeads > 0 && !Mentions("num_key_value_heads") ? family.KeyValueHeads : heads);
        int trained = Settings.Positive(Int("max_position_embeddings", family.Context), "max_position_embeddings");
        Settings.Groups(heads, keyHeads);
        int width = Settings.HeadWidth(Has("head_dim") ? Int("head_dim") : family.HeadWidth > 0 ? family.HeadWidth : Settings.Divide(hidden, heads, "hidden_size by num_attention_heads"));
        var rotary = Rotary(layerType, width, trained, family).Frequencies(RotaryStyle.Halves);
        var options = new AttentionOptions(heads, keyHeads, width, 1f / MathF.Sqrt(width), rotary, 0, 0);
        return new DecoderSpec
        {
            Info = new ModelInfo
            {
                Architecture = architecture, Name = Text("_name_or_path") is { Length: > 0 } name ? name : null, Layers = Layers, Hidden = hidden,
                Vocabulary = Settings.Positive(OrDefault("vocab_size", family.Vocabulary), "vocab_size"), ContextLength = trained,
            },
            FeedForward = [.. Enumerable.Repeat(Settings.Positive(Int("intermediate_size"), "intermediate_size"), Layers)],
            Attention = [.. Enumerable.Repeat(options, Layers)],
            NormEpsilon = Settings.Epsilon(Single("rms_norm_eps", family.NormEpsilon)),
            Activation = Activations.Parse(Text(family.ActivationKey) ?? family.Activation),
            Biases = Biases(family),
            TiedHead = Has("tie_word_embeddings") ? Flag("tie_word_embeddings", false) : null,
        };

        int OrDefault(string key, int fallback) => fallback > 0 ? Int(key, fallback) : Int(key);
    }

    /// <summary>Rotary settings for a kind of layer, or for all.</summary>
    public RotarySettings Rotary(string? layerType, int headWidth, int trained, FamilyDefaults family)
    {
        var rope = config.RopeParameters(layerType);
        // In float64: 10 · 0.7 is 7, which float32 would not always keep.
        double partial = rope?.GetDoubleOrNull("partial_rotary_factor") ?? config.GetDoubleOrDefault("partial_rotary_factor", 1);
        string kind = rope?.GetStringOrDefault("rope_type") ?? "default";
        if (family.LongRotaryOnly)
            kind = kind is "su" or "yarn" ? "longrope" : kind is "default" or "longrope" ? kind
                : throw new NotSupportedException($"rotary scaling {Wording.Quote(kind)} is not supported in architecture '{architecture}': longrope is");
        // Phi-3 has a setting of its own for the original context, which comes before the one among the rotary settings.
        int original = family.OriginalContext > 0 ? Int("original_max_position_embeddings", family.OriginalContext)
            : rope?.GetInt32OrNull("original_max_position_embeddings") ?? Int("original_max_position_embeddings", trained);
        string[] needed = kind switch { "linear" => ["factor"], "llama3" => ["factor", "low_freq_factor", "high_freq_factor"], _ => [] };
        if (Array.Find(needed, key => Number(key) is null) is { } missing) throw new InvalidDataException($"config.json asks for rotary scaling {Wording.Quote(kind)} without its {missing}");
        if (kind == "dynamic" && session > trained)
            throw new NotSupportedException($"rotary scaling 'dynamic' stretches beyond the {trained} tokens that the model was trained for, which is not supported: take a --ctx of at most {trained}");
        return new RotarySettings
        {
            Width = Settings.RotaryWidth((int)(headWidth * partial), headWidth),
            Theta = Number("rope_theta") ?? Single("rope_theta", family.Theta),
            Kind = kind,
            // LongRoPE in Phi-3's form has no factor of its own, and YaRN's may be null: it is the ratio of the two contexts.
            Factor = Number("factor") ?? (kind is "longrope" or "su" or "yarn" ? (float)trained / original : 1),
            OriginalContext = original,
            Context = trained,
            LowFrequencyFactor = Number("low_freq_factor") ?? 1,
            HighFrequencyFactor = Number("high_freq_factor") ?? 4,
            // Zero counts as unsaid, as it does in Transformers.
            BetaFast = Number("beta_fast") is { } fast && fast != 0 ? fast : 32,
            BetaSlow = Number("beta_slow") is { } slow && slow != 0 ? slow : 1,
            AttentionFactor = Number("attention_factor"),
            MScale = Number("mscale"),
            MScaleAllDimensions = Number("mscale_all_dim"),
            Truncate = rope?.GetBoolOrDefault("truncate", true) ?? true,
            ShortFactors = rope?.GetSinglesOrNull("short_factor"),
            LongFactors = rope?.GetSinglesOrNull("long_factor"),
            UseLongFactors = (session ?? 0) > original,
        };

        float? Number(string key) => rope?.GetSingleOrNull(key);
    }
}
