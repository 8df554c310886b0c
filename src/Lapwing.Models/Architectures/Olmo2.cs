namespace Lapwing.Models;

/// <summary>OLMo 2 (arXiv:2501.00656): norms after mixer and feed-forward only, and on whole queries and keys.</summary>
internal sealed class Olmo2 : Architecture
{
    public override string GgufName => "olmo2";

    public override IReadOnlyList<string> ConfigTypes => ["olmo2"];

    public override string ConfigClass => "Olmo2ForCausalLM";

    public override TensorNames Names => TensorNames.WithNormsAfter;

    public override FamilyDefaults Defaults(string type) => new() { NormEpsilon = 1e-5f, Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.Never) };

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        // OLMo 3 goes under this name in GGUF files; its window, which three layers of four have and which turns their positions unscaled, tells it apart.
        if (s.Int("attention.sliding_window", 0) > 0) throw new NotSupportedException("architecture 'olmo2' with 'olmo2.attention.sliding_window' is OLMo 3, which is not supported: OLMo 2 is");
        return s.Common(RotaryStyle.Halves) with { Norms = NormPlacement.After, QueryKeyNorms = true };
    }

    public override DecoderSpec FromConfig(ConfigSettings s) => s.Common(Defaults("olmo2")) with { Norms = NormPlacement.After, QueryKeyNorms = true };
}
