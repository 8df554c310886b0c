using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>
/// Gemma 3 (arXiv:2503.19786): as Gemma 2, with norms on queries and keys in place of the soft caps, five windowed layers to each full one, and a
/// rotary base of their own for the windowed.
/// </summary>
internal sealed class Gemma3 : Architecture
{
    private const int Pattern = 6, LayersOf27B = 62;

    // Published folders of this family leave all of these out.
    private static readonly FamilyDefaults Own = new()
    {
        Heads = 8, KeyValueHeads = 4, HeadWidth = 256, Vocabulary = 262208, Context = 131072, Theta = 1_000_000, ActivationKey = "hidden_activation", Activation = "gelu_pytorch_tanh",
        Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.Never),
    };

    public override string GgufName => "gemma3";

    public override IReadOnlyList<string> ConfigTypes => ["gemma3_text", "gemma3"];

    public override string ConfigClass => "Gemma3ForCausalLM";

    public override Activation GgufActivation => Activation.GeluTanh;

    public override bool SetsScale => true;

    public override FamilyDefaults Defaults(string type) => Own;

    public override TensorNames Names => TensorNames.WithNormsAfter;

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        var spec = Gemma2.Shared(s.Common(RotaryStyle.Halves)) with { QueryKeyNorms = true, Activation = Activation.GeluTanh, LogitSoftCap = s.Single("final_logit_softcapping", 0) };
        // Without a window no layer is a windowed one: models of this shape that see everything everywhere leave it out.
        int window = s.Int("attention.sliding_window", 0);
        bool[] sliding = s.Sliding(Pattern);
        // The stretching of positions belongs to the full layers only.
        var local = new RotarySettings { Width = spec.Attention[0].Rotary!.Width, Theta = s.Single("rope.freq_base_swa", 10000) }.Frequencies(RotaryStyle.Halves);
        return spec with
        {
            Attention = [.. spec.Attention.Select((a, l) => (window > 0 && sliding[l] ? a with { Rotary = local, Window = window } : a) with { Scale = Scale(s, spec, a) })],
        };
    }

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        var spec = Gemma2.Shared(s.Common(Own, "full_attention")) with { QueryKeyNorms = true, NormOffset = 1, LogitSoftCap = s.Single("final_logit_softcapping", 0), TiedHead = s.Flag("tie_word_embeddings", true) };
        int pattern = Settings.Positive(s.Int("sliding_window_pattern", s.Int("_sliding_window_pattern", Pattern)), "sliding_window_pattern"), width = spec.Attention[0].HeadWidth;
        bool[] sliding = s.Sliding(l => (l + 1) % pattern != 0);
        var local = Local(s, width, spec.Info.ContextLength).Frequencies(RotaryStyle.Halves);
        float scale = 1f / MathF.Sqrt(s.Single("query_pre_attn_scalar", 256)), cap = s.Single("attn_logit_softcapping", 0);
        return spec with
        {
            Attention = [.. spec.Attention.Select((a, l) => (sliding[l] ? a with { Rotary = local, Window = s.Int("sliding_window", 4096) } : a) with { Scale = scale, SoftCap = cap })],
        };
    }

    public override string? RotaryLayerType => "full_attention";

    public override void WriteGguf(GgufSettingsWriter writer, DecoderSpec spec, ConfigSettings source)
    {
        int pattern = spec.Attention.TakeWhile(a => a.Window > 0).Count() + 1;
        if (spec.Attention.Where((a, l) => a.Window > 0 != ((l + 1) % pattern != 0)).Any()) throw new NotSupportedException("this model's pattern of windowed layers has no form in GGUF: keep the folder");
        var local = Local(source, spec.Attention[0].HeadWidth, spec.Info.ContextLength);
        if (local.Kind != "default") throw new NotSupportedException($"rotary scaling '{local.Kind}' of windowed layers has no form in GGUF: keep the folder");
        if (spec.Attention[0].SoftCap > 0) throw new NotSupportedException("a soft cap on this family's scores has no form in GGUF: keep the folder");
        if (pattern != Pattern) writer.Set("attention.sliding_window_pattern", (uint)pattern);
        writer.Set("rope.freq_base_swa", local.Theta);
    }

    // Scaling in the older form, and the family's own base, belong to the full layers only.
    private static RotarySettings Local(ConfigSettings s, int width, int trained) =>
        s.Has("rope_parameters") && !s.RotatesByLayerType ? throw new NotSupportedException("config.json gives one set of rope_parameters for all layers; this family turns windowed and full layers differently: name both under sliding_attention and full_attention")
        : s.Has("rope_parameters") || s.Has("rope_local_base_freq")
        ? s.Rotary("sliding_attention", width, trained, Own with { Theta = 10000 }) : new RotarySettings { Width = width };

    // GGUF files have no key for the 27B's own scale; its number of layers tells it apart.
    private static float Scale(GgufSettings s, DecoderSpec spec, AttentionOptions a) =>
        s.Has("attention.scale") || s.Layers != LayersOf27B ? a.Scale : 1f / MathF.Sqrt((float)spec.Info.Hidden / a.Heads);

    public override float NormOffset => 1;

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        Gemma2.Shared(config, spec);
        config["rope_theta"] = ConfigWriter.Exact(source.Single("rope.freq_base", 10000));
        config["rope_local_base_freq"] = ConfigWriter.Exact(source.Single("rope.freq_base_swa", 10000));
        config["attn_logit_softcapping"] = null;
        config["final_logit_softcapping"] = spec.LogitSoftCap > 0 ? ConfigWriter.Exact(spec.LogitSoftCap) : null;
    }
}
