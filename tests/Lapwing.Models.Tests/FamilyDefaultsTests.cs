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

    [Theory]
    [InlineData("llama", 32, 2048)]
    [InlineData("mistral", 8, 131072)]
    [InlineData("mixtral", 8, 131072)]
    [InlineData("smollm3", 4, 32768)]
    [InlineData("qwen2", 32, 32768)]
    [InlineData("qwen3", 32, 32768)]
    [InlineData("qwen3_moe", 4, 32768)]
    [InlineData("gemma2", 4, 8192)]
    [InlineData("gemma3_text", 4, 131072)]
    [InlineData("phi3", 32, 4096)]
    [InlineData("granite", 32, 2048)]
    [InlineData("olmo2", 32, 2048)]
    public void Key_heads_and_context_are_the_familys(string type, int keyHeads, int context)
    {
        const string Bare = "\"hidden_size\": 512, \"intermediate_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 32, \"vocab_size\": 32";
        var spec = Read($"{{\"model_type\": \"{type}\", {Bare}}}");
        Assert.Equal((keyHeads, context), (spec.Attention[0].KeyValueHeads, spec.Info.ContextLength));
        // Null is another thing than nothing.
        Assert.Equal(32, Read($"{{\"model_type\": \"{type}\", {Bare}, \"num_key_value_heads\": null}}").Attention[0].KeyValueHeads);
    }

    [Fact]
    public void A_mixture_that_says_nothing_of_its_experts_has_the_familys()
    {
        var mixtral = Read($"{{\"model_type\": \"mixtral\", {Shape}}}").Experts!;
        Assert.Equal((8, 2, true), (mixtral.Count, mixtral.Chosen, mixtral.Renormalise));
        var qwen = Read($"{{\"model_type\": \"qwen3_moe\", {Shape}}}");
        Assert.Equal((128, 8, false, 768), (qwen.Experts!.Count, qwen.Experts.Chosen, qwen.Experts.Renormalise, qwen.FeedForward[0]));
    }

    // The numbers for factor 4 are what Transformers 5.17 computes (float32, printed); the others follow from the papers' formulas in float64.
    [Theory]
    [InlineData("\"rope_type\": \"yarn\", \"rope_theta\": 1e7, \"partial_rotary_factor\": 0.25, \"factor\": 4.0, \"original_max_position_embeddings\": 262144", 256, "0:1 1:0.6042963862 14:8.659643354e-4 15:4.742398160e-4 18:7.217386883e-5 21:8.759770026e-6 22:3.849816039e-6 31:4.137042708e-8", 1.138629436111989)]
    [InlineData("\"rope_type\": \"yarn\", \"rope_theta\": 1e4, \"factor\": 4.0, \"original_max_position_embeddings\": 512, \"beta_fast\": 24, \"beta_slow\": 2, \"mscale\": 0.7, \"mscale_all_dim\": 1.1", 16, "0:1 1:0.316227766 2:0.075 3:0.0158113883 4:0.0025 7:7.905694150e-5", 0.9518853439550599)]
    [InlineData("\"rope_type\": \"yarn\", \"rope_theta\": 1e4, \"factor\": 4.0, \"original_max_position_embeddings\": 512, \"beta_fast\": 24, \"beta_slow\": 2, \"truncate\": false", 16, "1:0.316227766 2:0.06739742623 3:0.01032447636 4:0.0025", 1.138629436111989)]
    [InlineData("\"rope_type\": \"llama3\", \"rope_theta\": 5e3, \"factor\": 6.0, \"low_freq_factor\": 1.5, \"high_freq_factor\": 3.0, \"original_max_position_embeddings\": 64", 16, "0:1 1:0.3448488241 2:0.01982011858 3:6.834944587e-3 7:9.666071334e-5", 1)]
    [InlineData("\"rope_type\": \"linear\", \"rope_theta\": 1e4, \"factor\": 2.5", 16, "0:0.4 1:0.1264911064 7:1.264911064e-4", 1)]
    public void Stretched_positions_turn_as_the_reference_turns_them(string parameters, int head, string expected, double factor)
    {
        var rotary = Read($"{{\"model_type\": \"llama\", \"head_dim\": {head}, \"rope_parameters\": {{ {parameters} }}, {Shape}}}").Attention[0].Rotary!;
        foreach (string pair in expected.Split(' '))
        {
            string[] parts = pair.Split(':');
            double want = double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(want, rotary.Inverse[int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture)], want * 2e-6);
        }
        Assert.Equal(factor, rotary.Factor, 1e-6);
    }

    [Theory]
    [InlineData("", 4096, 32768, 1.118033988749895)] // the ratio of the contexts, 8
    [InlineData("\"factor\": 3.0,", 4096, 32768, 1.0639925791063722)] // said, it comes first
    [InlineData("\"attention_factor\": 1.25,", 4096, 32768, 1.25)]
    public void LongRoPE_multiplies_by_its_own_factor_first(string said, int original, int context, double factor)
    {
        const string Lists = "\"short_factor\": [1.0, 1.0], \"long_factor\": [2.0, 2.0]";
        string json = $$"""{"model_type": "phi3", "hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 32, "max_position_embeddings": {{context}}, "original_max_position_embeddings": {{original}}, "rope_scaling": {"type": "longrope", {{said}} {{Lists}} } }""";
        Assert.Equal(factor, Read(json).Attention[0].Rotary!.Factor, 1e-6);
        // Phi-3's first folders called it su and yarn.
        foreach (string name in new[] { "su", "yarn" })
            Assert.Equal(Read(json).Attention[0].Rotary!.Inverse, Read(json.Replace("longrope", name, StringComparison.Ordinal)).Attention[0].Rotary!.Inverse);
    }

    [Fact]
    public void The_older_words_for_scaling_come_before_the_newer()
    {
        var both = Read($$$"""{"model_type": "llama", {{{Shape}}}, "rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 2.0}, "rope_parameters": {"rope_type": "linear", "factor": 8.0, "rope_theta": 10000.0} }""");
        Assert.Equal(0.5f, both.Attention[0].Rotary!.Inverse[0]);
        Assert.Equal(0.5 / Math.Pow(500, 0.5), both.Attention[0].Rotary!.Inverse[4], 1e-7);
        // An empty one says nothing, and a base that stands inside comes before the one outside.
        var empty = Read($$$"""{"model_type": "llama", {{{Shape}}}, "rope_theta": 500.0, "rope_scaling": {}, "rope_parameters": {"rope_type": "linear", "factor": 8.0, "rope_theta": 10000.0} }""");
        Assert.Equal((0.125f, 0.00125), (empty.Attention[0].Rotary!.Inverse[0], Math.Round(empty.Attention[0].Rotary!.Inverse[4], 8)));
    }

    [Theory]
    [InlineData("llama", "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"high_freq_factor\": 4.0}", "low_freq_factor")]
    [InlineData("llama", "\"rope_scaling\": {\"rope_type\": \"spiral\"}", "spiral")]
    [InlineData("phi3", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}", "linear")]
    [InlineData("gemma3_text", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000.0}", "full_attention")]
    [InlineData("gemma3_text", "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8.0}, \"rope_parameters\": {\"full_attention\": {\"rope_type\": \"default\"}, \"sliding_attention\": {\"rope_type\": \"default\"}}", "rope_scaling")]
    [InlineData("qwen2", "\"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\", \"full_attention\"]", "use_sliding_window")]
    [InlineData("qwen3", "\"layer_types\": [\"full_attention\", \"linear_attention\", \"full_attention\", \"full_attention\"]", "linear_attention")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 0]", "no_rope_layers")]
    [InlineData("gemma2", "\"hidden_activation\": \"quick_gelu\"", "quick_gelu")]
    public void What_a_family_cannot_mean_is_named(string type, string settings, string mentions)
    {
        var error = Record.Exception(() => Read($"{{\"model_type\": \"{type}\", {settings}, {Shape}}}"));
        Assert.True(error is InvalidDataException or NotSupportedException, error?.ToString() ?? "no error");
        Assert.Contains(mentions, error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gemma_reads_its_own_word_for_the_activation() =>
        Assert.Equal(Activation.GeluTanh, Read($"{{\"model_type\": \"gemma2\", \"hidden_act\": \"silu\", {Shape}}}").Activation);

    private static DecoderSpec Read(string json)
    {
        var config = ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
        var family = ArchitectureRegistry.OfConfig(config.ModelType, "config.json");
        return family.FromConfig(new ConfigSettings(config, family.GgufName, null, null));
    }
}
