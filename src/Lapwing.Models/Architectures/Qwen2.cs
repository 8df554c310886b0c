namespace Lapwing.Models;

/// <summary>Qwen2 and 2.5: a llama with biases on queries, keys and values; a window in the layers from <c>max_window_layers</c> on, if it is switched on.</summary>
internal sealed class Qwen2 : Architecture
{
    public override string GgufName => "qwen2";

    public override IReadOnlyList<string> ConfigTypes => ["qwen2"];

    public override string ConfigClass => "Qwen2ForCausalLM";

    public override FamilyDefaults Defaults(string type) =>
        new() { KeyValueHeads = 32, Context = 32768, Biases = new(Presence.Always, Presence.Never, Presence.Never) };

    public override DecoderSpec FromGguf(GgufSettings s) => s.Common(RotaryStyle.Halves);

    public override DecoderSpec FromConfig(ConfigSettings s) => Windowed(s, s.Common(Defaults("qwen2")));

    /// <summary>How far the window reaches if it is switched on (left out, 4096), else 0.</summary>
    internal static int Window(ConfigSettings s) => s.Flag("use_sliding_window", false) ? s.Int("sliding_window", s.Mentions("sliding_window") ? 0 : 4096) : 0;

    /// <summary>The window as Qwen's configurations switch it on.</summary>
    internal static DecoderSpec Windowed(ConfigSettings s, DecoderSpec spec)
    {
        int window = Window(s), from = s.Int("max_window_layers", 28);
        bool[] sliding = s.Sliding(l => window > 0 && l >= from);
        if (window == 0 && sliding.Contains(true)) throw new InvalidDataException("config.json lists sliding layers in layer_types, but no window is switched on (use_sliding_window, sliding_window)");
        return spec with { Attention = [.. spec.Attention.Select((a, l) => sliding[l] ? a with { Window = window } : a)] };
    }
}
