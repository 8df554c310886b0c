using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>Qwen3 with a mixture of experts in some or all layers.</summary>
internal sealed class Qwen3Moe : Architecture
{
    public override string GgufName => "qwen3moe";

    public override IReadOnlyList<string> ConfigTypes => ["qwen3_moe"];

    public override string ConfigClass => "Qwen3MoeForCausalLM";

    public override FamilyDefaults Defaults(string type) =>
        new() { KeyValueHeads = 4, Context = 32768, Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.Never) };

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        int count = s.Int("expert_count"), chosen = s.Int("expert_used_count");
        Settings.Experts(count, chosen);
        var spec = s.Common(RotaryStyle.Halves);
        // Left out, the experts chosen for a token are together as wide as a plain MLP.
        int width = s.Int("expert_feed_forward_length", spec.FeedForward[0] / chosen);
        return spec with
        {
            QueryKeyNorms = true,
            // GGUF has no key for a router that keeps its weights as they are: every file of this family that exists divides by their sum.
            Experts = new ExpertSpec(count, chosen, s.Flag("expert_weights_norm", true), l => s.Weights.Has("ffn_gate_inp", l)),
            FeedForward = [.. spec.FeedForward.Select((f, l) => s.Weights.Has("ffn_gate_inp", l) ? Settings.Positive(width, "expert_feed_forward_length") : f)],
        };
    }

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        int count = s.Has("num_local_experts") ? s.Int("num_local_experts") : s.Int("num_experts", 128), chosen = s.Int("num_experts_per_tok", 8);
        Settings.Experts(count, chosen);
        int step = Settings.Positive(s.Int("decoder_sparse_step", 1), "decoder_sparse_step"), width = Settings.Positive(s.Int("moe_intermediate_size", 768), "moe_intermediate_size");
        int[] dense = s.Ints("mlp_only_layers") ?? [];
        bool Sparse(int l) => !dense.Contains(l) && (l + 1) % step == 0;
        int window = Qwen2.Window(s);
        // Where the dense models have a list of windowed layers, Transformers gives this family's window to every layer.
        var spec = s.Common(Defaults("qwen3_moe"));
        if (window > 0) spec = spec with { Attention = [.. spec.Attention.Select(a => a with { Window = window })] };
        return spec with
        {
            QueryKeyNorms = true,
            Experts = new ExpertSpec(count, chosen, s.Flag("norm_topk_prob", false), Sparse),
            FeedForward = [.. spec.FeedForward.Select((f, l) => Sparse(l) ? width : f)],
        };
    }

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        base.WriteConfig(config, spec, source);
        var experts = spec.Experts!;
        (config["num_experts"], config["num_experts_per_tok"], config["moe_intermediate_size"]) = (experts.Count, experts.Chosen, spec.FeedForward[Enumerable.Range(0, spec.Info.Layers).First(experts.Sparse)]);
        (config["norm_topk_prob"], config["decoder_sparse_step"]) = (experts.Renormalise, 1);
        config["mlp_only_layers"] = new JsonArray([.. Enumerable.Range(0, spec.Info.Layers).Where(l => !experts.Sparse(l)).Select(l => JsonValue.Create(l))]);
    }
}
