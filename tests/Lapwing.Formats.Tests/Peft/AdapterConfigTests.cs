using System.Text;
using System.Text.Json;
using Lapwing.Formats.Peft;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests.Peft;

/// <summary>What an adapter's configuration means, and what is refused rather than ignored.</summary>
public sealed class AdapterConfigTests
{
    private const string Plain = "\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"target_modules\":[\"q_proj\",\"v_proj\"]";

    [Fact]
    public void Names_match_whole_paths_and_their_ends()
    {
        var config = Parse(Plain);
        Assert.True(config.Targets("model.layers.0.self_attn.q_proj"));
        Assert.True(config.Targets("q_proj"));
        Assert.False(config.Targets("model.layers.0.self_attn.xq_proj"));
        Assert.False(config.Targets("model.layers.0.self_attn.q_proj.base"));
        Assert.Equal((4, 8d, 2d), (config.Rank, config.Alpha, config.ScaleOf("x.q_proj")));
    }

    [Fact]
    public void A_text_is_an_expression_for_the_whole_path()
    {
        var config = Parse("\"peft_type\":\"LORA\",\"target_modules\":\".*\\\\.(0|2)\\\\..*q_proj\"");
        Assert.True(config.Targets("model.layers.2.self_attn.q_proj"));
        Assert.False(config.Targets("model.layers.1.self_attn.q_proj"));
        Assert.False(config.Targets("model.layers.2.self_attn.q_proj.x"));
        Assert.Equal((8, 8d), (config.Rank, config.Alpha));
    }

    [Fact]
    public void All_linear_is_every_module_that_is_not_excluded()
    {
        var config = Parse("\"peft_type\":\"LORA\",\"target_modules\":\"all-linear\",\"exclude_modules\":[\"down_proj\"]");
        Assert.True(config.TargetsAllLinear);
        Assert.True(config.Targets("model.layers.0.mlp.up_proj"));
        Assert.False(config.Targets("model.layers.0.mlp.down_proj"));
        Assert.False(Parse(Plain + ",\"exclude_modules\":\".*\\\\.1\\\\..*\"").Targets("model.layers.1.self_attn.q_proj"));
    }

    [Fact]
    public void Layers_may_be_chosen()
    {
        var config = Parse(Plain + ",\"layers_to_transform\":[1,3]");
        Assert.True(config.Targets("model.layers.3.self_attn.q_proj"));
        Assert.False(config.Targets("model.layers.2.self_attn.q_proj"));
        Assert.False(config.Targets("lm_head.q_proj"));
        Assert.True(config.Targets("q_proj"));
        Assert.True(Parse(Plain + ",\"layers_to_transform\":2").Targets("model.layers.2.self_attn.q_proj"));
        var named = Parse(Plain + ",\"layers_to_transform\":[1],\"layers_pattern\":[\"blocks\",\"h\"]");
        Assert.True(named.Targets("model.h.1.attn.q_proj"));
        Assert.False(named.Targets("model.layers.1.attn.q_proj"));
        Assert.True(Parse(Plain + ",\"layers_to_transform\":[1],\"layers_pattern\":\"layers\"").Targets("model.layers.1.attn.q_proj"));
        Assert.False(Parse(Plain + ",\"layers_to_transform\":[1]").Targets("model.layers.99999999999999999999.attn.q_proj"));
    }

    [Fact]
    public void Scales_follow_patterns_and_rslora()
    {
        var config = Parse(Plain + ",\"use_rslora\":true,\"rank_pattern\":{\"q_proj\":16,\"layers\\\\.0\\\\..*\":9},\"alpha_pattern\":{\"^model.layers.1.self_attn.v_proj\":32.5}");
        Assert.Equal(8 / 4d, config.ScaleOf("model.layers.3.self_attn.q_proj"));
        Assert.Equal(8 / 3d, config.ScaleOf("model.layers.0.self_attn.v_proj"));
        Assert.Equal(8 / 2d, config.ScaleOf("model.layers.2.self_attn.v_proj"));
    }

    [Fact]
    public void Alpha_may_be_any_number() => Assert.Equal(12.5, Parse(Plain.Replace("8", "12.5", StringComparison.Ordinal)).Alpha);

    [Fact]
    public void A_configuration_written_is_read_as_it_was()
    {
        var config = new AdapterConfig
        {
            Rank = 6, Alpha = 0.5, TargetModules = ModulePattern.Of("q_proj", "k_proj"), ExcludeModules = ModulePattern.Matching("x.*"), LayersToTransform = [1, 2],
            LayersPattern = ["layers"], RankPattern = new Dictionary<string, int> { ["q_proj"] = 3 }, AlphaPattern = new Dictionary<string, double> { ["k_proj"] = 1.5 },
            ModulesToSave = ["lm_head"], UseRsLora = true, UseDora = true, FanInFanOut = true, Dropout = 0.1, BaseModel = "ü/x", TaskType = "CAUSAL_LM",
        };
        var again = AdapterConfig.Parse(config.ToJson(), "again");
        Assert.Equal(config.ToJson(), again.ToJson());
        Assert.Equal((6, 0.5, true, true, true, 0.1, "ü/x"), (again.Rank, again.Alpha, again.UseRsLora, again.UseDora, again.FanInFanOut, again.Dropout, again.BaseModel));
        Assert.Equal(["q_proj", "k_proj"], again.TargetModules!.Names);
        Assert.Equal("x.*", again.ExcludeModules!.Expression);
        Assert.Equal([1, 2], again.LayersToTransform);
        Assert.Equal(["layers"], again.LayersPattern);
        Assert.Equal(["lm_head"], again.ModulesToSave);
        Assert.Equal(3, again.RankOf("a.q_proj"));
        Assert.Equal(1.5, again.AlphaOf("a.k_proj"));
        var all = new AdapterConfig { Rank = 1, Alpha = 1, TargetsAllLinear = true, TaskType = null };
        Assert.True(AdapterConfig.Parse(all.ToJson(), "all").TargetsAllLinear);
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(all.ToJson()).RootElement.GetProperty("task_type").ValueKind);
    }

    [Theory]
    [InlineData("\"peft_type\":\"LOHA\"", "is 'LOHA'")]
    [InlineData(Plain + ",\"bias\":\"all\"", "'bias'")]
    [InlineData(Plain + ",\"lora_bias\":true", "'lora_bias'")]
    [InlineData(Plain + ",\"use_qalora\":true", "'use_qalora'")]
    [InlineData(Plain + ",\"use_bdlora\":{\"x\":1}", "'use_bdlora'")]
    [InlineData(Plain + ",\"target_parameters\":[\"experts\"]", "'target_parameters'")]
    [InlineData(Plain + ",\"trainable_token_indices\":[1]", "'trainable_token_indices'")]
    [InlineData(Plain + ",\"layer_replication\":[[0,1]]", "'layer_replication'")]
    [InlineData(Plain + ",\"alora_invocation_tokens\":[1]", "'alora_invocation_tokens'")]
    [InlineData(Plain + ",\"use_next_years_method\":true", "'use_next_years_method'")]
    [InlineData(Plain + ",\"init_lora_weights\":\"pissa\"", "'init_lora_weights'")]
    [InlineData(Plain + ",\"init_lora_weights\":\"loftq\"", "path_initial_model_for_weight_conversion")]
    public void A_setting_that_changes_the_result_and_is_unknown_is_refused(string json, string words) =>
        Assert.Contains(words, Assert.Throws<NotSupportedException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"r\":4", "'peft_type'")]
    [InlineData("\"peft_type\":7", "'peft_type'")]
    [InlineData("\"peft_type\":\"LORA\",\"r\":4", "'target_modules'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[]", "'target_modules'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[7]", "'target_modules'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":{}", "'target_modules'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":\"(\"", "'target_modules'")]
    [InlineData(Plain + ",\"use_rslora\":1", "'use_rslora'")]
    [InlineData(Plain + ",\"r\":0", "is no JSON")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"r\":0", "'r'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"r\":-4", "'r'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"r\":4.5", "'r'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"r\":1e300", "'r'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"lora_alpha\":\"x\"", "'lora_alpha'")]
    [InlineData("\"peft_type\":\"LORA\",\"target_modules\":[\"a\"],\"lora_alpha\":1e999", "'lora_alpha'")]
    [InlineData(Plain + ",\"rank_pattern\":{\"q\":0}", "'rank_pattern.q'")]
    [InlineData(Plain + ",\"rank_pattern\":{\"(\":1}", "no regular expression")]
    [InlineData(Plain + ",\"rank_pattern\":[]", "'rank_pattern'")]
    [InlineData(Plain + ",\"layers_pattern\":[\"[\"],\"layers_to_transform\":[1]", "no regular expression")]
    [InlineData(Plain + ",\"layers_to_transform\":[\"1\"]", "'layers_to_transform'")]
    [InlineData(Plain + ",\"modules_to_save\":\"lm_head\"", "'modules_to_save'")]
    [InlineData(Plain + ",\"base_model_name_or_path\":\"\\ud800\"", "not Unicode")]
    public void A_configuration_that_is_wrong_is_refused(string json, string words)
    {
        var error = Assert.Throws<InvalidDataException>(() => Parse(json));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void An_expression_built_to_take_for_ever_ends_in_an_error()
    {
        var config = Parse("\"peft_type\":\"LORA\",\"target_modules\":\"(a+)+$\"");
        Assert.Contains("takes too long", Assert.Throws<InvalidDataException>(() => config.Targets(new string('a', 60) + "!")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_written_and_opened_and_a_pickle_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("adapter");
        Assert.Throws<DirectoryNotFoundException>(() => PeftFolder.Open(path));
        PeftFolder.Write(path, Parse(Plain), new SafetensorsWriter().AddTensor("base_model.model.x.lora_A.weight", ElementType.F32, [1], new byte[4]));
        Assert.True(PeftFolder.Is(path));
        Assert.False(PeftFolder.Is(folder.Path));
        using (var opened = PeftFolder.Open(path))
        {
            Assert.Equal(4, opened.Config.Rank);
            Assert.Single(opened.Tensors);
        }
        File.Move(Path.Combine(path, "adapter_model.safetensors"), Path.Combine(path, "adapter_model.bin"));
        Assert.Contains("can run any program", Assert.Throws<NotSupportedException>(() => PeftFolder.Open(path)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(path, "adapter_model.bin"));
        Assert.Throws<FileNotFoundException>(() => PeftFolder.Open(path));
    }

    private static AdapterConfig Parse(string members) => AdapterConfig.Parse(Encoding.UTF8.GetBytes("{" + members + "}"), "adapter_config.json");
}
