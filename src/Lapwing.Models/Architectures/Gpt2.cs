using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>GPT-2: LayerNorm, learned positions, one matrix for queries, keys and values, a plain MLP, biases everywhere.</summary>
internal sealed class Gpt2 : Architecture
{
    public override string GgufName => "gpt2";

    public override IReadOnlyList<string> ConfigTypes => ["gpt2"];

    public override string ConfigClass => "GPT2LMHeadModel";

    public override bool StoresTransposed => true;

    public override TensorNames Names => TensorNames.Common.With(
        ("token_embd", "transformer.wte"),
        ("position_embd", "transformer.wpe"),
        ("output_norm", "transformer.ln_f"),
        ("attn_norm", "transformer.h.{0}.ln_1"),
        ("attn_qkv", "transformer.h.{0}.attn.c_attn"),
        ("attn_output", "transformer.h.{0}.attn.c_proj"),
        ("ffn_norm", "transformer.h.{0}.ln_2"),
        ("ffn_up", "transformer.h.{0}.mlp.c_fc"),
        ("ffn_down", "transformer.h.{0}.mlp.c_proj"));

    public override Activation GgufActivation => Activation.GeluTanh;

    public override bool SetsScale => true;

    public override FamilyDefaults Defaults(string type) => new() { Biases = new(Presence.Always, Presence.Always, Presence.Always) };

    public override DecoderSpec FromGguf(GgufSettings s) => Shaped(s.Common(RotaryStyle.Halves, centred: true), Activation.GeluTanh, a => a);

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        int hidden = s.Int("n_embd"), heads = Settings.Positive(s.Int("n_head"), "n_head"), width = Settings.Divide(hidden, heads, "n_embd by n_head");
        int inner = s.Int("n_inner", 0);
        var options = new AttentionOptions(heads, heads, width, s.Flag("scale_attn_weights", true) ? 1f / MathF.Sqrt(width) : 1f, null, 0, 0);
        var spec = new DecoderSpec
        {
            Info = new ModelInfo
            {
                Architecture = GgufName, Layers = s.Layers, Hidden = Settings.Positive(hidden, "n_embd"), Vocabulary = Settings.Positive(s.Int("vocab_size"), "vocab_size"),
                ContextLength = Settings.Positive(s.Int("n_positions", 1024), "n_positions"),
            },
            FeedForward = [.. Enumerable.Repeat(inner > 0 ? inner : 4 * hidden, s.Layers)],
            Attention = [.. Enumerable.Repeat(options, s.Layers)],
            NormEpsilon = Settings.Epsilon(s.Single("layer_norm_epsilon", 1e-5f)),
            TiedHead = s.Flag("tie_word_embeddings", true),
            Biases = s.Biases(Defaults("gpt2")),
        };
        bool byLayer = s.Flag("scale_attn_by_inverse_layer_idx", false);
        int layer = 0;
        return Shaped(spec, Activations.Parse(s.Text("activation_function") ?? "gelu_new"), a => byLayer ? a with { Scale = a.Scale / ++layer } : a);
    }

    private static DecoderSpec Shaped(DecoderSpec spec, Activation activation, Func<AttentionOptions, AttentionOptions> change) => spec with
    {
        CentredNorms = true, Gated = false, LearnedPositions = true, Activation = activation, Attention = [.. spec.Attention.Select(a => change(a with { Rotary = null }))],
    };

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        var info = spec.Info;
        foreach (string key in new[] { "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps", "attention_bias" })
            config.Remove(key);
        (config["n_embd"], config["n_layer"], config["n_head"], config["n_positions"], config["n_inner"]) = (info.Hidden, info.Layers, spec.Attention[0].Heads, info.ContextLength, spec.FeedForward[0]);
        var first = spec.Attention[0];
        if (first.Scale == 1) config["scale_attn_weights"] = false;
        else if (MathF.Abs(first.Scale * MathF.Sqrt(first.HeadWidth) - 1) > 1e-5f) throw new NotSupportedException("this model's scale of scores has no form in a folder of architecture 'gpt2': keep the GGUF file");
        (config["activation_function"], config["layer_norm_epsilon"]) = ("gelu_new", ConfigWriter.Exact(spec.NormEpsilon));
    }
}
