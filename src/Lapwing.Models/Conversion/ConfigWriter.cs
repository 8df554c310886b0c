using System.Text.Json.Nodes;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Writes a GGUF file's settings as a <c>config.json</c> in Transformers 4's words, which version 5 reads as well.</summary>
internal static class ConfigWriter
{
    /// <summary>The configuration of a model that was read from GGUF.</summary>
    /// <exception cref="NotSupportedException">A setting has no form there: a folder without it would be silently wrong.</exception>
    public static JsonObject Write(Architecture family, DecoderSpec spec, GgufSettings source, bool tied, bool biased, ElementType type)
    {
        var info = spec.Info;
        var first = spec.Attention[0];
        if (spec.Attention.Any(a => a.Heads != first.Heads || a.KeyValueHeads != first.KeyValueHeads)) throw new NotSupportedException("a model whose layers differ in their heads has no form as a folder: keep the GGUF file");
        if (!family.SetsScale && MathF.Abs(first.Scale * MathF.Sqrt(first.HeadWidth) - 1) > 1e-5f)
            throw new NotSupportedException($"'attention.scale' has no form in a folder of architecture '{family.GgufName}': keep the GGUF file");
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(family.ConfigClass),
            ["model_type"] = family.ConfigTypes[0],
            ["vocab_size"] = info.Vocabulary,
            ["hidden_size"] = info.Hidden,
            ["intermediate_size"] = source.Has("feed_forward_length") ? source.PerLayer("feed_forward_length", 0)[0] : spec.FeedForward[0],
            ["num_hidden_layers"] = info.Layers,
            ["num_attention_heads"] = first.Heads,
            ["num_key_value_heads"] = first.KeyValueHeads,
            ["head_dim"] = first.HeadWidth,
            ["hidden_act"] = Name(spec.Activation),
            ["max_position_embeddings"] = info.ContextLength,
            ["rms_norm_eps"] = Exact(spec.NormEpsilon),
            ["tie_word_embeddings"] = tied,
            ["attention_bias"] = biased,
            ["use_cache"] = true,
            ["torch_dtype"] = type switch { ElementType.F16 => "float16", ElementType.BF16 => "bfloat16", _ => "float32" },
        };
        if (!spec.LearnedPositions) Rotary(json, source.Rotary(first.HeadWidth, info.ContextLength));
        foreach (string name in new[] { "bos", "eos", "padding" })
            if (source.Metadata.ContainsKey($"tokenizer.ggml.{name}_token_id")) json[name == "padding" ? "pad_token_id" : name + "_token_id"] = source.Metadata.GetInt64($"tokenizer.ggml.{name}_token_id");
        family.WriteConfig(json, spec, source);
        return json;
    }

    /// <summary>The shortest decimal that is this float32.</summary>
    public static JsonNode Exact(float value) => JsonNode.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture))!;

    private static string Name(Activation activation) => activation switch
    {
        Activation.GeluTanh => "gelu_pytorch_tanh",
        Activation.GeluErf => "gelu",
        Activation.Relu => "relu",
        _ => "silu",
    };

    private static void Rotary(JsonObject json, RotarySettings rotary)
    {
        json["rope_theta"] = Exact(rotary.Theta);
        int head = json["head_dim"]!.GetValue<int>();
        if (rotary.Width != head)
        {
            // Readers take the whole part of head · share, in float64.
            double share = (double)rotary.Width / head;
            while ((int)(head * share) < rotary.Width) share = Math.BitIncrement(share);
            json["partial_rotary_factor"] = share;
        }
        if (rotary.Multiplier != 1 && (rotary.Divisors is not null || rotary.Kind is not ("yarn" or "longrope")))
            throw new NotSupportedException($"'rope.scaling.attn_factor' with rotary scaling '{rotary.Kind}' has no form in a folder: keep the GGUF file");
        if (rotary.Divisors is { } divisors)
        {
            json["rope_scaling"] = Llama3Scaling.From(rotary, divisors);
            return;
        }
        switch (rotary.Kind)
        {
            case "default": break;
            case "linear":
                json["rope_scaling"] = new JsonObject { ["rope_type"] = "linear", ["factor"] = Exact(rotary.Factor) };
                break;
            case "yarn":
                json["rope_scaling"] = new JsonObject
                {
                    ["rope_type"] = "yarn", ["factor"] = Exact(rotary.Factor), ["original_max_position_embeddings"] = rotary.OriginalContext,
                    ["beta_fast"] = Exact(rotary.BetaFast), ["beta_slow"] = Exact(rotary.BetaSlow),
                };
                if (rotary.Multiplier != 1 || rotary.AttentionFactor is not null) json["rope_scaling"]!["attention_factor"] = Exact(rotary.Frequencies(RotaryStyle.Halves).Factor);
                break;
            case "longrope":
                json["original_max_position_embeddings"] = rotary.OriginalContext;
                json["rope_scaling"] = new JsonObject
                {
                    ["rope_type"] = "longrope",
                    ["short_factor"] = Numbers(rotary.ShortFactors), ["long_factor"] = Numbers(rotary.LongFactors), ["attention_factor"] = Exact(rotary.Multiplier),
                };
                break;
            default: throw new NotSupportedException($"rotary scaling '{rotary.Kind}' has no form in a folder: keep the GGUF file");
        }
    }

    private static JsonArray Numbers(float[]? values) =>
        new([.. (values ?? throw new InvalidDataException("LongRoPE needs its lists of short and long factors")).Select(Exact)]);
}
