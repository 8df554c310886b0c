using Lapwing.Formats.Gguf;
using Lapwing.Formats.Huggingface;
using Lapwing.Formats.Peft;
using Lapwing.Testing;

namespace Lapwing.Formats.Tests.Peft;

/// <summary>Adapters that PEFT itself wrote.</summary>
public sealed class PeftReferenceTests
{
    [Fact]
    public void Every_reference_adapter_opens_and_its_ranks_are_those_of_its_tensors()
    {
        int adapters = 0;
        foreach (string config in Directory.GetFiles(SharedFolder.Whole("models/peft-golden"), "adapter_config.json", SearchOption.AllDirectories))
        {
            using var folder = PeftFolder.Open(Path.GetDirectoryName(config)!);
            adapters++;
            foreach (var (name, tensor) in folder.Tensors)
            {
                if (!name.EndsWith(".lora_A.weight", StringComparison.Ordinal)) continue;
                string module = name["base_model.model.".Length..^".lora_A.weight".Length];
                Assert.True(folder.Config.Targets(module), module);
                Assert.Equal(folder.Config.RankOf(module), tensor.Shape[0]);
            }
        }
        Assert.True(adapters >= 14);
    }

    [Fact]
    public void Patterns_set_rank_and_alpha_of_single_modules()
    {
        var config = AdapterConfig.Open(SharedFolder.Path("models/peft-golden/tiny-lora-patterns/adapter-after"));
        Assert.Equal(2, config.RankOf("model.layers.0.mlp.down_proj"));
        Assert.Equal(8, config.RankOf("model.layers.1.self_attn.q_proj"));
        Assert.Equal(4, config.RankOf("model.layers.0.self_attn.q_proj"));
        Assert.Equal(4, config.ScaleOf("model.layers.2.mlp.gate_proj"));
        Assert.Equal(1, config.ScaleOf("model.layers.1.self_attn.q_proj"));
    }

    [Fact]
    public void A_gguf_adapter_holds_what_the_peft_folder_holds()
    {
        using var gguf = GgufLora.Open(SharedFolder.Path("models/peft-golden/tiny-lora-all/adapter-after.gguf"));
        using var folder = PeftFolder.Open(SharedFolder.Path("models/peft-golden/tiny-lora-all/adapter-after"));
        Assert.Equal(8, gguf.Alpha);
        Assert.Equal("llama", gguf.Architecture);
        Assert.Equal(21, gguf.Pairs.Count);
        var down = gguf.Pairs.Single(p => p.Name == "blk.1.ffn_down.weight");
        Assert.Equal(4, down.Rank);
        Assert.True(down.A.Span.SequenceEqual(folder.Tensors["base_model.model.model.layers.1.mlp.down_proj.lora_A.weight"].Span));
        Assert.True(down.B.Span.SequenceEqual(folder.Tensors["base_model.model.model.layers.1.mlp.down_proj.lora_B.weight"].Span));
    }

    [Fact]
    public void Every_reference_config_is_read()
    {
        foreach (string path in Directory.GetFiles(SharedFolder.Path("models"), "config.json", SearchOption.AllDirectories))
        {
            var config = ModelConfig.Open(path);
            Assert.NotEmpty(config.ModelType);
            _ = config.TextConfig.GetInt32OrNull("hidden_size");
        }
    }

    [Fact]
    public void Both_versions_of_one_config_give_the_same_rotation()
    {
        var four = ModelConfig.Open(SharedFolder.Path("models/tiny-random/llama3-scaled-v4-config"));
        var five = ModelConfig.Open(SharedFolder.Path("models/tiny-random/llama3-scaled"));
        Assert.Equal(five.DataType, four.DataType);
        var (a, b) = (four.RopeParameters()!, five.RopeParameters()!);
        Assert.Equal(b.Keys.Order(), a.Keys.Order());
        Assert.Equal("llama3", a.GetString("rope_type"));
        foreach (string key in a.Keys.Where(k => k != "rope_type")) Assert.Equal(b.GetDouble(key), a.GetDouble(key));
    }

    [Fact]
    public void Layer_types_have_rotations_of_their_own()
    {
        var config = ModelConfig.Open(SharedFolder.Path("models/tiny-random/gemma3"));
        Assert.Equal(100000, config.RopeParameters("full_attention")!.GetDouble("rope_theta"));
        Assert.Equal(10000, config.RopeParameters("sliding_attention")!.GetDouble("rope_theta"));
        Assert.Throws<InvalidDataException>(() => config.RopeParameters());
        Assert.Throws<InvalidDataException>(() => config.RopeParameters("linear_attention"));
    }
}
