using System.Text.Json;
using Lapwing.Formats.Peft;
using Lapwing.Testing;

namespace Lapwing.Training.Tests;

public sealed class LoraPlanTests
{
    private static readonly LoraSite[] Sites =
    [
        .. Enumerable.Range(0, 3).SelectMany(l => new LoraSite[]
        {
            new($"model.layers.{l}.self_attn.q_proj", 64, 64),
            new($"model.layers.{l}.self_attn.k_proj", 64, 32),
            new($"model.layers.{l}.self_attn.v_proj", 64, 32),
            new($"model.layers.{l}.self_attn.o_proj", 64, 64),
            new($"model.layers.{l}.mlp.gate_proj", 64, 96),
            new($"model.layers.{l}.mlp.up_proj", 64, 96),
            new($"model.layers.{l}.mlp.down_proj", 96, 64),
        }),
        new("lm_head", 64, 384),
    ];

    [Theory]
    [InlineData("all", 21)]
    [InlineData("attention", 12)]
    [InlineData("mlp", 9)]
    [InlineData("q_proj, v_proj", 6)]
    [InlineData("layers.1.self_attn.q_proj", 1)]
    [InlineData("proj", 0)]
    [InlineData("lm_head", 1)]
    [InlineData(@"regex:model\.layers\.[02]\..*_proj", 14)]
    [InlineData("regex:q_proj", 0)]
    public void Targets_match_as_PEFT_matches_them(string target, int expected)
    {
        if (expected == 0) Assert.Contains("q_proj", Assert.Throws<ArgumentException>(() => LoraPlan.Create(Sites, new() { Target = target })).Message);
        else Assert.Equal(expected, LoraPlan.Create(Sites, new() { Target = target }).Placements.Count);
    }

    [Fact]
    public void Scale_is_alpha_over_rank_or_over_its_root()
    {
        Assert.All(LoraPlan.Create(Sites, new() { Rank = 16, Alpha = 8 }).Placements, p => Assert.Equal(0.5, p.Scale));
        Assert.All(LoraPlan.Create(Sites, new() { Rank = 16, Alpha = 8, RankStabilised = true }).Placements, p => Assert.Equal(2, p.Scale));
        Assert.All(LoraPlan.Create(Sites, new() { Rank = 16 }).Placements, p => Assert.Equal(2, p.Scale));
    }

    [Fact]
    public void The_first_pattern_that_matches_the_end_of_the_name_rules()
    {
        var plan = LoraPlan.Create(Sites, new()
        {
            Rank = 4,
            Alpha = 8,
            RankPattern = [new("layers.1.self_attn.q_proj", 8), new("q_proj", 3), new("gate", 9)],
            AlphaPattern = [new(@"mlp\..*", 32)],
        }).Placements.ToDictionary(p => p.Site.Name);
        Assert.Equal(8, plan["model.layers.1.self_attn.q_proj"].Rank);
        Assert.Equal(3, plan["model.layers.0.self_attn.q_proj"].Rank);
        Assert.Equal(4, plan["model.layers.0.mlp.gate_proj"].Rank);
        Assert.Equal(8, plan["model.layers.0.mlp.gate_proj"].Scale);
        Assert.Equal(8.0 / 3, plan["model.layers.2.self_attn.q_proj"].Scale);
    }

    [Fact]
    public void Layers_are_chosen_by_number_or_from_the_top()
    {
        Assert.Equal(7, LoraPlan.Create(Sites, new() { LayersToTransform = [1] }).Placements.Count);
        Assert.All(LoraPlan.Create(Sites, new() { TopLayers = 2 }).Placements, p => Assert.False(p.Site.Name.Contains("layers.0.", StringComparison.Ordinal)));
        Assert.Contains("--top-layers", Assert.Throws<ArgumentException>(() => LoraPlan.Create(Sites, new() { TopLayers = 4 })).Message);
        Assert.Contains("layer 3", Assert.Throws<ArgumentException>(() => LoraPlan.Create(Sites, new() { LayersToTransform = [3] })).Message);
    }

    [Fact]
    public void In_a_mixture_of_experts_layers_are_counted_not_experts()
    {
        LoraSite[] sites = [.. Enumerable.Range(0, 4).SelectMany(l => Enumerable.Range(0, 8).Select(e => new LoraSite($"model.layers.{l}.mlp.experts.{e}.up_proj", 8, 8)))];
        var plan = LoraPlan.Create(sites, new() { Rank = 2, TopLayers = 1 });
        Assert.Equal(8, plan.Placements.Count);
        Assert.All(plan.Placements, p => Assert.Contains("layers.3.", p.Site.Name));
    }

    [Theory]
    [InlineData("transformer.h.0.attn.c_proj", "attention")]
    [InlineData("transformer.h.0.mlp.c_proj", "mlp")]
    [InlineData("model.layers.4.self_attn.dense", "attention")]
    [InlineData("model.layers.4.mlp.gate_up_proj", "mlp")]
    public void Groups_know_the_names_of_other_families(string name, string group)
    {
        Assert.Single(LoraPlan.Create([new(name, 8, 8)], new() { Target = group, Rank = 2 }).Placements);
        Assert.Throws<ArgumentException>(() => LoraPlan.Create([new(name, 8, 8)], new() { Target = group == "mlp" ? "attention" : "mlp", Rank = 2 }));
    }

    [Fact]
    public void A_fills_the_uniform_range_of_kaiming_and_depends_on_seed_and_name_only()
    {
        var plan = LoraPlan.Create(Sites, new() { Rank = 64, Target = "down_proj" }).Placements;
        float[] a = new float[64 * 96], b = new float[64 * 96], c = new float[64 * 96];
        LoraPlan.FillA(a, plan[0].Site, 5);
        LoraPlan.FillA(b, plan[0].Site, 5);
        LoraPlan.FillA(c, plan[1].Site, 5);
        Assert.Equal(a, b);
        Assert.NotEqual(a, c);
        float bound = 1 / MathF.Sqrt(96);
        Assert.InRange(a.Max(), 0.95f * bound, bound);
        Assert.InRange(a.Min(), -bound, -0.95f * bound);
        // The variance of a uniform distribution is bound²/3.
        Assert.Equal(bound * bound / 3, a.Average(v => v * v), 0.03 * bound * bound);
    }

    [Theory]
    [InlineData("tiny-lora-all")]
    [InlineData("tiny-rslora-qv")]
    [InlineData("tiny-lora-patterns")]
    [InlineData("tiny-lora-top-layer")]
    public void Plans_have_the_shapes_of_the_reference_adapters(string name)
    {
        string folder = SharedFolder.Path($"models/peft-golden/{name}/adapter-before");
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "adapter_config.json")));
        var c = config.RootElement;
        var plan = LoraPlan.Create(Sites, new()
        {
            Rank = c.GetProperty("r").GetInt32(),
            Alpha = c.GetProperty("lora_alpha").GetDouble(),
            RankStabilised = c.GetProperty("use_rslora").GetBoolean(),
            Target = string.Join(',', c.GetProperty("target_modules").EnumerateArray().Select(t => t.GetString())),
            RankPattern = [.. c.GetProperty("rank_pattern").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetInt32()))],
            LayersToTransform = c.GetProperty("layers_to_transform").ValueKind == JsonValueKind.Array ? [.. c.GetProperty("layers_to_transform").EnumerateArray().Select(l => l.GetInt32())] : null,
        });
        var shapes = Header(Path.Combine(folder, "adapter_model.safetensors"));
        Assert.Equal(shapes.Count, 2 * plan.Placements.Count);
        foreach (var p in plan.Placements)
        {
            Assert.Equal([p.Rank, p.Site.Inputs], shapes[$"base_model.model.{p.Site.Name}.lora_A.weight"]);
            Assert.Equal([p.Site.Outputs, p.Rank], shapes[$"base_model.model.{p.Site.Name}.lora_B.weight"]);
        }
    }

    [Fact]
    public void The_configuration_says_the_same_to_PEFT()
    {
        LoraSite[] sites = [.. Sites, new("transformer.h.0.attn.c_proj", 64, 64, true), new("transformer.h.0.mlp.c_proj", 64, 64, true)];
        foreach (string target in (string[])["all", "attention", "mlp", "regex:.*gate_proj", "q_proj"])
        {
            var plan = LoraPlan.Create(sites, new() { Target = target, TopLayers = 2, RankPattern = [new("layers.1", 2)] });
            var read = AdapterConfig.Parse(plan.Config.ToJson(), "adapter_config.json");
            Assert.Equal(plan.Placements.Select(p => (p.Site.Name, p.Rank, p.Scale)), sites.Where(s => read.Targets(s.Name)).Select(s => (s.Name, read.RankOf(s.Name), read.ScaleOf(s.Name))));
        }
    }

    private static Dictionary<string, int[]> Header(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using var header = JsonDocument.Parse(file.AsMemory(8, (int)BitConverter.ToInt64(file)));
        return header.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__")
            .ToDictionary(p => p.Name, p => p.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32()).ToArray());
    }
}
