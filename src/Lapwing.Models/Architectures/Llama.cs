using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>
/// Llama 1, 2, 3 and 3.x, TinyLlama, SmolLM2, and what took their shape: Mistral (with a sliding window) and Mixtral (with experts) have no
/// architecture of their own in GGUF files.
/// </summary>
internal sealed class Llama : Architecture
{
    private static readonly BiasSettings NoBiases = new(Presence.Never, Presence.Never, Presence.Never);
    private static readonly FamilyDefaults
        Plain = new() { Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.ByFlag) },
        Mistral = new() { KeyValueHeads = 8, Context = 131072, Biases = NoBiases },
        Mixtral = new() { KeyValueHeads = 8, Context = 131072, NormEpsilon = 1e-5f, Theta = 1_000_000, Biases = NoBiases };

    public override string GgufName => "llama";

    public override IReadOnlyList<string> ConfigTypes => ["llama", "mistral", "mixtral"];

    public override string ConfigClass => "LlamaForCausalLM";

    public override TensorNames Names => TensorNames.Common.With(
        ("ffn_gate_inp", "model.layers.{0}.block_sparse_moe.gate"),
        ("ffn_gate_exps", "model.layers.{0}.block_sparse_moe.experts.{1}.w1"),
        ("ffn_up_exps", "model.layers.{0}.block_sparse_moe.experts.{1}.w3"),
        ("ffn_down_exps", "model.layers.{0}.block_sparse_moe.experts.{1}.w2"));

    public override bool PairsRows => true;

    public override FamilyDefaults Defaults(string type) => type switch { "mistral" => Mistral, "mixtral" => Mixtral, _ => Plain };

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        var spec = s.Common(RotaryStyle.Pairs) with { Experts = Experts(s.Int("expert_count", 0), s.Int("expert_used_count", 0)) };
        return s.Int("attention.sliding_window", 0) is var window && window > 0 ? Slide(spec, window) : spec;
    }

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        string type = s.Text("model_type") ?? "llama";
        var spec = s.Common(Defaults(type));
        if (type == "mixtral") spec = spec with { Experts = Experts(s.Int("num_local_experts", s.Int("num_experts", 8)), s.Int("num_experts_per_tok", 2)) };
        // Llama has no window. Mistral has one in every layer unless the setting is null (left out, it is 4096); Mixtral only where it is given.
        // Neither asks use_sliding_window, which is Qwen's.
        int window = type == "llama" ? 0 : s.Int("sliding_window", type == "mistral" && !s.Mentions("sliding_window") ? 4096 : 0);
        return window > 0 ? Slide(spec, window) : spec;
    }

    private static ExpertSpec? Experts(int count, int chosen)
    {
        if (count == 0) return null;
        Settings.Experts(count, chosen);
        return new ExpertSpec(count, chosen, Renormalise: true, _ => true);
    }

    private static DecoderSpec Slide(DecoderSpec spec, int window) => spec with { Attention = [.. spec.Attention.Select(a => a with { Window = window })] };

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        int window = spec.Attention[0].Window;
        if (spec.Experts is { } experts)
        {
            (config["architectures"], config["model_type"]) = (new JsonArray("MixtralForCausalLM"), "mixtral");
            (config["num_local_experts"], config["num_experts_per_tok"]) = (experts.Count, experts.Chosen);
        }
        else if (window > 0) (config["architectures"], config["model_type"]) = (new JsonArray("MistralForCausalLM"), "mistral");
        if (spec.Experts is not null || window > 0) config["sliding_window"] = window > 0 ? window : null;
    }
}
