using System.Text;
using Lapwing.Formats.Huggingface;

namespace Lapwing.Models.Tests;

/// <summary>What a config.json leaves out means what Transformers takes it to mean; what it says and we cannot do is refused.</summary>
public sealed class FamilyDefaultsTests
{
    // All that the published Gemma 3 4B says about its text model.
    private const string Gemma4B = """{"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024}""";

    private const string Shape = "\"hidden_size\": 64, \"intermediate_size\": 64, \"num_hidden_layers\": 4, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"vocab_size\": 32, \"max_position_embeddings\": 128";

    [Fact]
    public void Gemma_3_4B_says_little_and_means_much()
    {
        var spec = Read(Gemma4B);
        Assert.Equal((8, 4, 256), (spec.Attention[0].Heads, spec.Attention[0].KeyValueHeads, spec.Attention[0].HeadWidth));
        Assert.Equal((262208, Activation.GeluTanh, true), (spec.Info.Vocabulary, spec.Activation, spec.TiedHead));
        Assert.Equal([1024, 1024, 1024, 1024, 1024, 0], spec.Attention.Take(6).Select(a => a.Window));
        // Windowed layers turn with base 10 000 unscaled, full ones with base 1 000 000 at an eighth of the speed.
        Assert.Equal((1f, 0.125f), (spec.Attention[0].Rotary!.Inverse[0], spec.Attention[5].Rotary!.Inverse[0]));
        Assert.Equal(1 / Math.Pow(1e4, 0.5), spec.Attention[0].Rotary!.Inverse[64], 1e-6);
        Assert.Equal(0.125 / Math.Pow(1e6, 0.5), spec.Attention[5].Rotary!.Inverse[64], 1e-8);
    }

    [Theory]
    [InlineData("llama", 1e-6f, 1e4)]
    [InlineData("mixtral", 1e-5f, 1e6)]
    [InlineData("phi3", 1e-5f, 1e4)]
    [InlineData("olmo2", 1e-5f, 1e4)]
    [InlineData("smollm3", 1e-6f, 2e6)]
    public void Epsilon_and_rotary_base_are_the_familys(string type, float epsilon, double theta)
    {
        var spec = Read($"{{\"model_type\": \"{type}\", {Shape}}}");
        Assert.Equal(epsilon, spec.NormEpsilon);
        Assert.Equal(1 / Math.Pow(theta, 0.5), spec.Attention[0].Rotary!.Inverse[4], 1e-6);
    }

    [Theory]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 2", new[] { 0, 0, 4096, 4096 })]
    [InlineData("qwen2", "\"use_sliding_window\": false, \"sliding_window\": 16, \"max_window_layers\": 2", new[] { 0, 0, 0, 0 })]
    [InlineData("qwen3_moe", "\"use_sliding_window\": true, \"sliding_window\": 16, \"max_window_layers\": 2, \"num_experts\": 4, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 8", new[] { 16, 16, 16, 16 })]
    [InlineData("smollm3", "\"use_sliding_window\": true, \"sliding_window\": 16", new[] { 0, 0, 0, 16 })]
    [InlineData("mistral", "\"sliding_window\": null", new[] { 0, 0, 0, 0 })]
    [InlineData("mistral", "\"sliding_window\": 16", new[] { 16, 16, 16, 16 })]
    public void Windows_belong_to_the_layers_that_Transformers_gives_them_to(string type, string settings, int[] windows) =>
        Assert.Equal(windows, Read($"{{\"model_type\": \"{type}\", {settings}, {Shape}}}").Attention.Select(a => a.Window));

    [Fact]
    public void Yarn_without_a_factor_stretches_by_the_ratio_of_its_contexts()
    {
        string Yarn(string factor) => $$"""{"model_type": "llama", {{Shape}}, "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "original_max_position_embeddings": 32 {{factor}} } }""";
        Assert.Equal(Read(Yarn(", \"factor\": 4.0")).Attention[0].Rotary!.Inverse, Read(Yarn("")).Attention[0].Rotary!.Inverse);
    }

    [Theory]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\"}", "factor")]
    [InlineData("\"use_bidirectional_attention\": true", "use_bidirectional_attention")]
    public void A_setting_that_cannot_be_followed_is_named(string settings, string mentions)
    {
        var error = Record.Exception(() => Read($"{{\"model_type\": \"llama\", {settings}, {Shape}}}"));
        Assert.True(error is InvalidDataException or NotSupportedException, error?.ToString() ?? "no error");
        Assert.Contains(mentions, error!.Message, StringComparison.Ordinal);
    }

    private static DecoderSpec Read(string json)
    {
        var config = ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
        var family = ArchitectureRegistry.OfConfig(config.ModelType, "config.json");
        return family.FromConfig(new ConfigSettings(config, family.GgufName, null, null));
    }
}
