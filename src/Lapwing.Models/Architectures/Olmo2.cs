namespace Lapwing.Models;

/// <summary>OLMo 2 (arXiv:2501.00656): norms after mixer and feed-forward only, and on whole queries and keys.</summary>
internal sealed class Olmo2 : Architecture
{
    public override string GgufName => "olmo2";

    public override IReadOnlyList<string> ConfigTypes => ["olmo2"];

    public override string ConfigClass => "Olmo2ForCausalLM";

    public override TensorNames Names => TensorNames.WithNormsAfter;

    public override DecoderSpec FromGguf(GgufSettings s) => s.Common(RotaryStyle.Halves) with { Norms = NormPlacement.After, QueryKeyNorms = true };

    public override DecoderSpec FromConfig(ConfigSettings s) => s.Common(new() { NormEpsilon = 1e-5f }) with { Norms = NormPlacement.After, QueryKeyNorms = true };
}
