using Lapwing.Formats.Peft;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>Adapters trained by PEFT give PEFT's logits, from its folder and from a GGUF file of ours or llama.cpp's, on a base of either form.</summary>
public sealed unsafe class AdapterTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in new[] { "tiny-lora-all", "tiny-rslora-qv", "tiny-lora-patterns", "tiny-lora-top-layer", "tiny-lora-clip-decay" })
            foreach (string form in new[] { "llama", "llama/model.gguf" })
                data.Add(name, form);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_adapter_gives_the_logits_of_PEFT_in_every_form(string name, string form)
    {
        string golden = SharedFolder.Path("models/peft-golden/" + name);
        using var want = SafetensorsFile.Open(Path.Combine(golden, "after-logits.safetensors"));
        using var model = ModelLoader.Load(SharedFolder.Path("models/tiny-random/" + form));
        string folder = Directory.CreateTempSubdirectory("adapter").FullName;
        try
        {
            string gguf = Path.Combine(folder, "ours.gguf"), peft = Path.Combine(folder, "peft");
            using (var adapter = Adapter.Load(model, Path.Combine(golden, "adapter-after")))
            {
                AdapterWriter.ToGguf(adapter, model, gguf);
                AdapterWriter.ToPeft(adapter, peft);
            }
            string[] forms = [Path.Combine(golden, "adapter-after"), peft, gguf, Path.Combine(golden, "adapter-after.gguf")];
            foreach (string path in forms.Where(Path.Exists)) Assert.InRange(Distance(model, path, want), 0, 1e-3f);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_scale_of_zero_is_the_base_and_detaching_restores_it()
    {
        using var model = ModelLoader.Load(SharedFolder.Path("models/tiny-random/llama"));
        using var expected = SafetensorsFile.Open(SharedFolder.Path("models/tiny-random/llama/expected.safetensors"));
        string path = Path.Combine(SharedFolder.Path("models/peft-golden/tiny-lora-all"), "adapter-after");
        Assert.InRange(Distance(model, path, expected, scale: 0), 0, 1e-3f);
        Assert.True(Distance(model, path, expected, scale: 0.5f) > 0.1f);
        Assert.InRange(Distance(model, null, expected), 0, 1e-3f);
    }

    [Fact]
    public void An_adapter_for_another_base_is_refused_by_name()
    {
        using var model = ModelLoader.Load(SharedFolder.Path("models/tiny-random/qwen3"));
        string path = Path.Combine(SharedFolder.Path("models/peft-golden/tiny-lora-all"), "adapter-after");
        var error = Assert.Throws<InvalidDataException>(() => Adapter.Load(model, path));
        Assert.Contains("another base", error.Message);
        using var gpt2 = ModelLoader.Load(SharedFolder.Path("models/tiny-random/gpt2"));
        Assert.Throws<InvalidDataException>(() => Adapter.Load(gpt2, path));
        Assert.Throws<InvalidDataException>(() => Adapter.Load(gpt2, SharedFolder.Path("models/peft-golden/tiny-lora-all/adapter-after.gguf")));
    }

    [Fact]
    public void An_adapter_of_nothing_is_refused()
    {
        using var model = ModelLoader.Load(SharedFolder.Path("models/tiny-random/llama"));
        var config = new AdapterConfig { Rank = 4, Alpha = 8, TargetModules = ModulePattern.Of("c_attn") };
        Assert.Throws<ArgumentException>(() => Adapter.Create(model, config));
    }

    private static float Distance(DecoderModel model, string? path, SafetensorsFile want, float scale = 1)
    {
        using var adapter = path is null ? null : Adapter.Load(model, path, scale);
        adapter?.Attach();
        using var ids = SafetensorsFile.Open(SharedFolder.Path("models/tiny-random/llama/expected.safetensors"));
        var view = ids.Tensors["input_ids"];
        int[] tokens = [.. Enumerable.Range(0, (int)view.Count).Select(i => view.Type == ElementType.I64 ? (int)((long*)view.Data)[i] : ((int*)view.Data)[i])];
        var arithmetic = new ExactArithmetic();
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        pass.Begin([new SequenceSpan(0, tokens.Length, 0, state)]);
        float* logits = model.Head.Logits(pass, model.Forward(pass, tokens), tokens.Length), expected = (float*)want.Tensors["logits"].Data;
        float worst = 0;
        for (int i = 0; i < tokens.Length * model.Info.Vocabulary; i++) worst = Math.Max(worst, float.IsNaN(logits[i]) ? float.PositiveInfinity : Math.Abs(logits[i] - expected[i]));
        return worst;
    }
}
