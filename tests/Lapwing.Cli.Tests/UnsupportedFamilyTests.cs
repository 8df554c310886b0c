using Lapwing.Cli.Tests.Support;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Cli.Tests;

/// <summary>Families that are not computed are refused by name, in one line, whatever their files look like otherwise.</summary>
public sealed class UnsupportedFamilyTests(TinyModel model) : IDisposable
{
    // What every family says, so that nothing but its name and its own settings tells it apart.
    private const string Shape = "\"hidden_size\":32,\"intermediate_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"vocab_size\":40,\"max_position_embeddings\":64";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("deepseek_v3", "\"kv_lora_rank\":32,\"n_routed_experts\":8")]
    [InlineData("exaone4", "\"sliding_window\":32,\"sliding_window_pattern\":4")]
    [InlineData("gemma4_text", "\"hidden_size_per_layer_input\":16")]
    [InlineData("glm4", "\"attention_bias\":true,\"rope_parameters\":{\"partial_rotary_factor\":0.5,\"rope_type\":\"default\"}")]
    [InlineData("gpt_neox", "\"use_parallel_residual\":true")]
    [InlineData("gpt_oss", "\"swiglu_limit\":7.0,\"num_local_experts\":4")]
    [InlineData("granitemoe", "\"num_local_experts\":4,\"logits_scaling\":2.0")]
    [InlineData("lfm2", "\"conv_L_cache\":3,\"layer_types\":[\"conv\",\"full_attention\"]")]
    [InlineData("ministral3", "\"rope_parameters\":{\"rope_type\":\"yarn\",\"factor\":16.0,\"llama_4_scaling_beta\":0.1}")]
    [InlineData("olmo3", "\"sliding_window\":32")]
    [InlineData("olmoe", "\"num_experts\":6")]
    [InlineData("qwen3_5_text", "\"linear_num_key_heads\":2,\"layer_types\":[\"linear_attention\",\"full_attention\"]")]
    [InlineData("qwen3_next", "\"linear_num_key_heads\":2,\"shared_expert_intermediate_size\":32")]
    [InlineData("stablelm", "\"layer_norm_eps\":1e-5")]
    [InlineData("starcoder2", "\"use_bias\":true,\"norm_epsilon\":1e-5")]
    public void A_folder_of_another_family_is_refused_by_name(string type, string settings)
    {
        Directory.CreateDirectory(folder.At("m"));
        folder.Write("m/config.json", $"{{\"model_type\":\"{type}\",{Shape},{settings}}}");
        var writer = new SafetensorsWriter();
        writer.AddTensor("model.embed_tokens.weight", ElementType.F32, [40, 32], new byte[40 * 32 * 4]);
        writer.Write(folder.At("m/model.safetensors"));
        Refused(folder.At("m"), $"'{type}'");
    }

    [Theory]
    [InlineData("deepseek2", "attention.kv_lora_rank", "'deepseek2'")]
    [InlineData("exaone4", "attention.sliding_window", "'exaone4'")]
    [InlineData("gemma4", "attention.sliding_window", "'gemma4'")]
    [InlineData("glm4", "rope.dimension_count", "'glm4'")]
    [InlineData("gptneox", "rope.dimension_count", "'gptneox'")]
    [InlineData("gpt-oss", "attention.sliding_window", "'gpt-oss'")]
    [InlineData("granitemoe", "expert_count", "'granitemoe'")]
    [InlineData("lfm2", "shortconv.l_cache", "'lfm2'")]
    [InlineData("mistral3", "attention.temperature_length", "'mistral3'")]
    [InlineData("olmoe", "expert_count", "'olmoe'")]
    [InlineData("qwen35", "ssm.state_size", "'qwen35'")]
    [InlineData("qwen3next", "ssm.state_size", "'qwen3next'")]
    [InlineData("stablelm", "rope.dimension_count", "'stablelm'")]
    [InlineData("starcoder2", "attention.sliding_window", "'starcoder2'")]
    // OLMo 3 has no name of its own in GGUF files: it is an olmo2 with a window.
    [InlineData("olmo2", "attention.sliding_window", "OLMo 3")]
    public void A_GGUF_file_of_another_family_is_refused_by_name(string name, string setting, string mentions)
    {
        using (var template = GgufFile.Open(model.Gguf))
        {
            var writer = new GgufWriter();
            foreach (var (key, value) in template.Metadata) writer.Set(key.StartsWith("llama.", StringComparison.Ordinal) ? name + key["llama".Length..] : key, value);
            writer.Set("general.architecture", name).Set($"{name}.{setting}", 8u);
            foreach (var view in template.Tensors.Values) writer.AddTensor(view);
            writer.Write(folder.At("m.gguf"));
        }
        Refused(folder.At("m.gguf"), mentions);
    }

    private void Refused(string path, string mentions)
    {
        foreach (string[] command in new string[][]
        {
            ["run", path, "x"], ["eval", path, "--perplexity", model.Text], ["tune", path, model.Text, "-o", folder.At("out")], ["plan", path, model.Text],
        })
            Run.Lapwing([.. command, "--quiet"]).Fails(1, mentions, "not supported");
        Assert.False(Directory.Exists(folder.At("out")));
    }
}
