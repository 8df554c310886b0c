namespace Lapwing.Models;

/// <summary>
/// What a role's tensor is called: in a GGUF file by GGUF's naming convention, in a safetensors folder (and in an adapter) by that of
/// Transformers. A number in braces stands for the layer or the expert.
/// </summary>
internal sealed class TensorNames
{
    private readonly Dictionary<string, string> names;

    private TensorNames(Dictionary<string, string> names) => this.names = names;

    /// <summary>The names that most families share.</summary>
    public static TensorNames Common { get; } = new(new()
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
        ["attn_norm"] = "model.layers.{0}.input_layernorm",
        ["attn_q"] = "model.layers.{0}.self_attn.q_proj",
        ["attn_k"] = "model.layers.{0}.self_attn.k_proj",
        ["attn_v"] = "model.layers.{0}.self_attn.v_proj",
        ["attn_qkv"] = "model.layers.{0}.self_attn.qkv_proj",
        ["attn_output"] = "model.layers.{0}.self_attn.o_proj",
        ["attn_q_norm"] = "model.layers.{0}.self_attn.q_norm",
        ["attn_k_norm"] = "model.layers.{0}.self_attn.k_norm",
        ["ffn_norm"] = "model.layers.{0}.post_attention_layernorm",
        ["ffn_gate"] = "model.layers.{0}.mlp.gate_proj",
        ["ffn_up"] = "model.layers.{0}.mlp.up_proj",
        ["ffn_down"] = "model.layers.{0}.mlp.down_proj",
        ["ffn_gate_up"] = "model.layers.{0}.mlp.gate_up_proj",
        ["ffn_gate_inp"] = "model.layers.{0}.mlp.gate",
        ["ffn_gate_exps"] = "model.layers.{0}.mlp.experts.{1}.gate_proj",
        ["ffn_up_exps"] = "model.layers.{0}.mlp.experts.{1}.up_proj",
        ["ffn_down_exps"] = "model.layers.{0}.mlp.experts.{1}.down_proj",
    });

    /// <summary>Norms on both sides of mixer and feed-forward, as Gemma 2 and OLMo 2 name them.</summary>
    public static TensorNames WithNormsAfter { get; } = Common.With(
        ("post_attention_norm", "model.layers.{0}.post_attention_layernorm"),
        ("ffn_norm", "model.layers.{0}.pre_feedforward_layernorm"),
        ("post_ffw_norm", "model.layers.{0}.post_feedforward_layernorm"));

    /// <summary>These names with some of them changed.</summary>
    public TensorNames With(params (string Role, string Name)[] changes)
    {
        var changed = new Dictionary<string, string>(names);
        foreach (var (role, name) in changes) changed[role] = name;
        return new(changed);
    }

    /// <summary>Transformers' name of a role, without <c>.weight</c>; null where the family has no such tensor.</summary>
    public string? Reference(string role, int layer, int expert) => names.TryGetValue(role, out string? name) ? string.Format(name, layer, expert) : null;

    /// <summary>GGUF's name of a role, without <c>.weight</c>. GGUF has one matrix for gate and up together under the name of up.</summary>
    public static string Gguf(string role, int layer) => role switch
    {
        "token_embd" or "output_norm" or "output" or "position_embd" => role,
        "ffn_gate_up" => $"blk.{layer}.ffn_up",
        _ => $"blk.{layer}.{role}",
    };
}
