namespace Lapwing.Models;

/// <summary>Qwen3: norms on each head's queries and keys, head width of its own.</summary>
internal sealed class Qwen3 : Architecture
{
    public override string GgufName => "qwen3";

    public override IReadOnlyList<string> ConfigTypes => ["qwen3"];

    public override string ConfigClass => "Qwen3ForCausalLM";

    public override DecoderSpec FromGguf(GgufSettings s) => s.Common(RotaryStyle.Halves) with { QueryKeyNorms = true };

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        var spec = s.Has("head_dim") ? s.Common() : s.Common(new() { HeadWidth = 128 });
        return Qwen2.Windowed(s, spec with { QueryKeyNorms = true });
    }
}
