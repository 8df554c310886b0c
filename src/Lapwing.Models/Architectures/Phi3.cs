using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>Phi-3 and 3.5 (arXiv:2404.14219): one matrix for queries, keys and values, one for gate and up; LongRoPE; a window in some sizes.</summary>
internal sealed class Phi3 : Architecture
{
    public override string GgufName => "phi3";

    public override IReadOnlyList<string> ConfigTypes => ["phi3"];

    public override string ConfigClass => "Phi3ForCausalLM";

    public override FamilyDefaults Defaults(string type) => new() { NormEpsilon = 1e-5f, Context = 4096, OriginalContext = 4096, LongRotaryOnly = true };

    public override DecoderSpec FromGguf(GgufSettings s) => Slide(s.Common(RotaryStyle.Halves), s.Int("attention.sliding_window", 0));

    public override DecoderSpec FromConfig(ConfigSettings s) => Slide(s.Common(Defaults("phi3")), s.Int("sliding_window", 0));

    private static DecoderSpec Slide(DecoderSpec spec, int window) =>
        window > 0 ? spec with { Attention = [.. spec.Attention.Select(a => a with { Window = window })] } : spec;

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        config["sliding_window"] = spec.Attention[0].Window > 0 ? spec.Attention[0].Window : null;
        config["original_max_position_embeddings"] ??= spec.Info.ContextLength;
    }
}
