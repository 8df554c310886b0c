using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>SmolLM3: a llama in which every fourth layer has no rotary positions (NoPE, arXiv:2305.19466).</summary>
internal sealed class SmolLm3 : Architecture
{
    private const int Interval = 4;

    public override string GgufName => "smollm3";

    public override IReadOnlyList<string> ConfigTypes => ["smollm3"];

    public override string ConfigClass => "SmolLM3ForCausalLM";

    public override bool PairsRows => true;

    public override FamilyDefaults Defaults(string type) =>
        new() { KeyValueHeads = 4, Context = 32768, Theta = 2_000_000, Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.ByFlag) };

    public override DecoderSpec FromGguf(GgufSettings s) => Without(s.Common(RotaryStyle.Pairs), l => (l + 1) % Interval == 0);

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        // The list says 1 where a layer rotates.
        int[]? rotates = s.Ints("no_rope_layers");
        if (rotates is not null && rotates.Length < s.Layers) throw new InvalidDataException($"config.json lists {rotates.Length} entries in no_rope_layers for {s.Layers} layers");
        int interval = Settings.Positive(s.Int("no_rope_layer_interval", Interval), "no_rope_layer_interval");
        // Switched on, the window belongs to the layers that do not rotate; switched off, it is nobody's.
        bool windowed = s.Flag("use_sliding_window", false) && s.Has("sliding_window");
        bool[] sliding = s.Sliding(l => windowed && !Rotates(l));
        var spec = s.Common(Defaults("smollm3"));
        spec = spec with { Attention = [.. spec.Attention.Select((a, l) => sliding[l] ? a with { Window = s.Int("sliding_window") } : a)], TiedHead = s.Flag("tie_word_embeddings", true) };
        return Without(spec, l => !Rotates(l));

        bool Rotates(int l) => rotates is null ? (l + 1) % interval != 0 : rotates[l] != 0;
    }

    public override void WriteGguf(GgufSettingsWriter writer, DecoderSpec spec, ConfigSettings source)
    {
        if (spec.Attention.Where((a, l) => a.Rotary is null != ((l + 1) % Interval == 0)).Any()) throw new NotSupportedException("this model's pattern of layers without rotary positions has no form in GGUF: keep the folder");
        base.WriteGguf(writer, spec, source);
    }

    private static DecoderSpec Without(DecoderSpec spec, Func<int, bool> bare) => spec with { Attention = [.. spec.Attention.Select((a, l) => bare(l) ? a with { Rotary = null } : a)] };

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        base.WriteConfig(config, spec, source);
        config["no_rope_layers"] = new JsonArray([.. spec.Attention.Select(a => JsonValue.Create(a.Rotary is null ? 0 : 1))]);
    }
}
