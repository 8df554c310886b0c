using Lapwing.Formats.Gguf;

namespace Lapwing.Models;

/// <summary>
/// Settings of GGUF files that change a model's numbers and belong to one family or another, each with the test for a value that changes nothing.
/// The names are those of llama.cpp (<c>src/llama-arch.cpp</c>) and, of the last two, Ollama's.
/// </summary>
internal static class ForeignSettings
{
    public static IReadOnlyList<(string Key, Func<GgufMetadata, string, bool> Neutral)> All { get; } =
    [
        ("attention.causal", (m, k) => m.GetBool(k)),
        ("use_parallel_residual", (m, k) => !m.GetBool(k)),
        ("swin_norm", (m, k) => !m.GetBool(k)),
        ("attention.clamp_kqv", Number(0)),
        ("attention.max_alibi_bias", Number(0)),
        ("attention.temperature_length", Number(0)),
        ("attention.temperature_scale", Number(0)),
        ("attention.output_scale", Number(0, 1)),
        ("attention.q_lora_rank", Number(0)),
        ("attention.kv_lora_rank", Number(0)),
        ("attn_logit_softcapping", Number(0)),
        ("final_logit_softcapping", Number(0)),
        ("router_logit_softcapping", Number(0)),
        ("logit_scale", Number(0, 1)),
        ("embedding_scale", Number(0, 1)),
        ("residual_scale", Number(0, 1)),
        ("expert_weights_scale", Number(0, 1)),
        ("expert_weights_norm", (m, k) => m.GetBool(k)),
        ("expert_gating_func", Number(0, 1)),
        ("expert_group_count", Number(0, 1)),
        ("expert_shared_count", Number(0)),
        ("expert_shared_feed_forward_length", Number(0)),
        ("leading_dense_block_count", Number(0)),
        ("interleave_moe_layer_step", Number(0, 1)),
        ("moe_every_n_layers", Number(0, 1)),
        ("decoder_block_count", Number(0)),
        ("rope.scaling.yarn_log_multiplier", Number(0)),
        ("rope.scaling.yarn_ext_factor", Number(-1, 1)),
        ("rope.scaling.yarn_attn_factor", Number(1)),
        ("rope.global.freq_base", (_, _) => false),
        ("rope.local.freq_base", (_, _) => false),
    ];

    private static Func<GgufMetadata, string, bool> Number(params float[] neutral) => (metadata, key) => neutral.Contains(metadata.GetSingle(key));
}
