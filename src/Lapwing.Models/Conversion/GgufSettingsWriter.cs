using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Writes a specification's settings under an architecture's prefix, by GGUF's names.</summary>
internal sealed class GgufSettingsWriter(string architecture, GgufWriter writer)
{
    /// <summary>Writes all settings; <paramref name="source"/> is where the specification was read, for what it does not keep.</summary>
    public void Write(DecoderSpec spec, ConfigSettings source, Architecture family)
    {
        var info = spec.Info;
        if (spec.Activation != family.GgufActivation) throw new NotSupportedException($"a GGUF file of architecture '{architecture}' means {family.GgufActivation}, and this model computes {spec.Activation}: keep the folder");
        if (spec.Attention.Any(a => a.Scale != spec.Attention[0].Scale)) throw new NotSupportedException("layers that scale their scores differently (scale_attn_by_inverse_layer_idx) have no form in GGUF: keep the folder");
        var first = spec.Attention[0];
        if (family.PairsRows && spec.Attention.Any(a => a.Rotary is { } r && r.Width != a.HeadWidth))
            throw new NotSupportedException($"heads of which only a part turns (partial_rotary_factor) have no form in a GGUF file of architecture '{architecture}': keep the folder");
        Set("block_count", (uint)info.Layers);
        Set("context_length", (uint)info.ContextLength);
        Set("embedding_length", (uint)info.Hidden);
        Set("vocab_size", (uint)info.Vocabulary);
        Set("feed_forward_length", (uint)source.Int("intermediate_size", spec.FeedForward[0]));
        Set("attention.head_count", (uint)first.Heads);
        Set("attention.head_count_kv", (uint)first.KeyValueHeads);
        Set("attention.key_length", (uint)first.HeadWidth);
        Set("attention.value_length", (uint)first.HeadWidth);
        Set(spec.CentredNorms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", spec.NormEpsilon);
        if (spec.Experts is { } experts)
        {
            Set("expert_count", (uint)experts.Count);
            Set("expert_used_count", (uint)experts.Chosen);
            int sparse = Enumerable.Range(0, info.Layers).FirstOrDefault(experts.Sparse);
            Set("expert_feed_forward_length", (uint)spec.FeedForward[sparse]);
            if (!experts.Renormalise) writer.Set($"{architecture}.expert_weights_norm", false);
        }
        if (spec.LogitSoftCap > 0) Set("final_logit_softcapping", spec.LogitSoftCap);
        if (first.SoftCap > 0) Set("attn_logit_softcapping", first.SoftCap);
        if (MathF.Abs(first.Scale * MathF.Sqrt(first.HeadWidth) - 1) > 1e-5f) Set("attention.scale", first.Scale);
        if (spec.Attention.FirstOrDefault(a => a.Window > 0) is { } windowed) Set("attention.sliding_window", (uint)windowed.Window);
        if (!spec.LearnedPositions) Rotary(source.Rotary(family.RotaryLayerType, first.HeadWidth, info.ContextLength, family.Defaults(source.Text("model_type") ?? family.ConfigTypes[0])));
        family.WriteGguf(this, spec, source);
    }

    /// <summary>A whole number under the architecture's prefix.</summary>
    public void Set(string key, uint value) => writer.Set($"{architecture}.{key}", value);

    /// <summary>A number under the architecture's prefix.</summary>
    public void Set(string key, float value) => writer.Set($"{architecture}.{key}", value);

    private void Rotary(RotarySettings rotary)
    {
        Set("rope.freq_base", rotary.Theta);
        Set("rope.dimension_count", (uint)rotary.Width);
        switch (rotary.Kind)
        {
            case "default" or "dynamic": break;
            case "linear":
                writer.Set($"{architecture}.rope.scaling.type", "linear");
                Set("rope.scaling.factor", rotary.Factor);
                break;
            case "llama3":
                // The format has no words for Llama 3.1's scaling: it holds what each pair's frequency is divided by.
                float[] plain = (rotary with { Kind = "default" }).Frequencies(RotaryStyle.Halves).Inverse, scaled = rotary.Frequencies(RotaryStyle.Halves).Inverse;
                Numbers("rope_freqs.weight", [.. plain.Select((p, i) => p / scaled[i])]);
                break;
            case "yarn":
                writer.Set($"{architecture}.rope.scaling.type", "yarn");
                Set("rope.scaling.factor", rotary.Factor);
                Set("rope.scaling.original_context_length", (uint)rotary.OriginalContext);
                Set("rope.scaling.yarn_beta_fast", rotary.BetaFast);
                Set("rope.scaling.yarn_beta_slow", rotary.BetaSlow);
                if (!rotary.Truncate) throw new NotSupportedException("this model's YaRN setting 'truncate' has no form in GGUF: keep the folder");
                // The format has a multiple of YaRN's own factor on cosine and sine.
                float own = rotary.YarnFactor(1), wanted = rotary.Frequencies(RotaryStyle.Halves).Factor;
                if (wanted != own) Set("rope.scaling.attn_factor", wanted / own);
                break;
            case "longrope" or "su":
                writer.Set($"{architecture}.rope.scaling.type", "longrope");
                Set("rope.scaling.original_context_length", (uint)rotary.OriginalContext);
                Set("rope.scaling.attn_factor", rotary.Frequencies(RotaryStyle.Halves).Factor);
                Numbers("rope_factors_short.weight", rotary.ShortFactors!);
                Numbers("rope_factors_long.weight", rotary.LongFactors!);
                break;
            default: throw new NotSupportedException($"rotary scaling '{rotary.Kind}' has no form in GGUF");
        }
    }

    private void Numbers(string name, float[] values) => writer.AddTensor(name, ElementType.F32, [values.Length], MemoryMarshal.AsBytes<float>(values).ToArray());
}
