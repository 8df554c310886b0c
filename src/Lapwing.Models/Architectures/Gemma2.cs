using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>
/// Gemma 2 (arXiv:2408.00118): norms on both sides, soft caps on scores and logits, every other layer with a window, a query scale of its own,
/// embeddings times √hidden.
/// </summary>
internal sealed class Gemma2 : Architecture
{
    private static readonly FamilyDefaults Own = new()
    {
        Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Vocabulary = 256000, Context = 8192, ActivationKey = "hidden_activation", Activation = "gelu_pytorch_tanh",
        Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.Never),
    };

    // The 27B's scale is that of hidden / heads; GGUF files have no key for it, and its number of layers tells it apart.
    private const int LayersOf27B = 46;

    public override string GgufName => "gemma2";

    public override IReadOnlyList<string> ConfigTypes => ["gemma2"];

    public override string ConfigClass => "Gemma2ForCausalLM";

    public override Activation GgufActivation => Activation.GeluTanh;

    public override TensorNames Names => TensorNames.WithNormsAfter;

    public override bool SetsScale => true;

    public override FamilyDefaults Defaults(string type) => Own;

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        var spec = Shared(s.Common(RotaryStyle.Halves)) with { LogitSoftCap = s.Single("final_logit_softcapping", 30) };
        int window = s.Int("attention.sliding_window", 4096);
        bool[] sliding = s.Sliding(2);
        // Windowed layers turn by their own base, where the file names one.
        var local = (s.Rotary(spec.Attention[0].HeadWidth, spec.Info.ContextLength) is var r ? r with { Theta = s.Single("rope.freq_base_swa", r.Theta) } : r).Frequencies(RotaryStyle.Halves);
        float cap = s.Single("attn_logit_softcapping", 50);
        return spec with
        {
            Activation = Activation.GeluTanh,
            Attention = [.. spec.Attention.Select((a, l) => a with
            {
                Window = sliding[l] ? window : 0, Rotary = sliding[l] ? local : a.Rotary, SoftCap = cap,
                Scale = s.Has("attention.scale") ? a.Scale : 1f / MathF.Sqrt(s.Layers == LayersOf27B ? (float)spec.Info.Hidden / a.Heads : a.HeadWidth),
            })],
        };
    }

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        var spec = Shared(s.Common(Own)) with { NormOffset = 1, LogitSoftCap = s.Single("final_logit_softcapping", s.Mentions("final_logit_softcapping") ? 0 : 30), TiedHead = s.Flag("tie_word_embeddings", true) };
        bool[] sliding = s.Sliding(l => l % 2 == 0);
        float cap = s.Single("attn_logit_softcapping", s.Mentions("attn_logit_softcapping") ? 0 : 50), scale = 1f / MathF.Sqrt(s.Single("query_pre_attn_scalar", 256));
        return spec with { Attention = [.. spec.Attention.Select((a, l) => a with { Window = sliding[l] ? s.Int("sliding_window", 4096) : 0, SoftCap = cap, Scale = scale })] };
    }

    public override void WriteGguf(GgufSettingsWriter writer, DecoderSpec spec, ConfigSettings source)
    {
        // Readers of the file take every other layer, from the first on, for a windowed one.
        if (spec.Attention.Where((a, l) => a.Window > 0 != (l % 2 == 0)).Any()) throw new NotSupportedException("this model's pattern of windowed layers has no form in GGUF: keep the folder");
        if (spec.LogitSoftCap == 0) writer.Set("final_logit_softcapping", 0f);
        if (spec.Attention[0].SoftCap == 0) writer.Set("attn_logit_softcapping", 0f);
    }

    /// <summary>What Gemma 2 and 3 have in common.</summary>
    internal static DecoderSpec Shared(DecoderSpec spec) => spec with { Norms = NormPlacement.Both, EmbeddingMultiplier = MathF.Sqrt(spec.Info.Hidden) };

    public override float NormOffset => 1;

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        Shared(config, spec);
        if (source.Has("rope.freq_base_swa") && source.Single("rope.freq_base_swa", 0) != source.Single("rope.freq_base", 10000)) throw new NotSupportedException("windowed layers with a rotary base of their own have no form in a folder of architecture 'gemma2': keep the GGUF file");
        config["attn_logit_softcapping"] = ConfigWriter.Exact(spec.Attention[0].SoftCap);
        config["final_logit_softcapping"] = ConfigWriter.Exact(spec.LogitSoftCap);
    }

    /// <summary>What the configurations of Gemma 2 and 3 have in common.</summary>
    internal static void Shared(JsonObject config, DecoderSpec spec)
    {
        config["hidden_activation"] = config["hidden_act"]!.DeepClone();
        config["query_pre_attn_scalar"] = ConfigWriter.Exact(MathF.Round(1 / (spec.Attention[0].Scale * spec.Attention[0].Scale), 3));
        config["sliding_window"] = spec.Attention.Max(a => a.Window);
        config["layer_types"] = new JsonArray([.. spec.Attention.Select(a => JsonValue.Create(a.Window > 0 ? "sliding_attention" : "full_attention"))]);
    }
}
