namespace Lapwing.Models;

/// <summary>Qwen3: norms on each head's queries and keys, head width of its own.</summary>
internal sealed class Qwen3 : Architecture
{
    public override string GgufName => "qwen3";

    public override IReadOnlyList<string> ConfigTypes => ["qwen3"];

    public override string ConfigClass => "Qwen3ForCausalLM";

    public override FamilyDefaults Defaults(string type) =>
        new() { KeyValueHeads = 32, HeadWidth = 128, Context = 32768, Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.Never) };

    public override DecoderSpec FromGguf(GgufSettings s) => s.Common(RotaryStyle.Halves) with { QueryKeyNorms = true };

    public override DecoderSpec FromConfig(ConfigSettings s) => Qwen2.Windowed(s, s.Common(Defaults("qwen3")) with { QueryKeyNorms = true });
}
