using System.Text.Json;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>Every family in a mix of block types: the exact path against the reference, the fast path's divergence against llama.cpp's own.</summary>
public sealed unsafe class TinyQuantisedTests
{
    public static TheoryData<string> Names() =>
        ["gemma2", "gemma3", "gpt2", "granite", "llama", "llama3-scaled", "mixtral", "olmo2", "phi3", "qwen2", "qwen3", "qwen3-moe", "smollm3"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Exact_is_the_reference_and_fast_strays_no_further_than_llama_cpp(string name)
    {
        using var expected = SafetensorsFile.Open(SharedFolder.Path($"models/tiny-quantised/{name}.safetensors"));
        using var peer = JsonDocument.Parse(File.ReadAllText(SharedFolder.Path($"models/tiny-quantised/{name}.json")));
        using var model = ModelLoader.Load(SharedFolder.Path($"models/tiny-quantised/{name}.gguf"));
        var view = expected.Tensors["input_ids"];
        int[] ids = [.. Enumerable.Range(0, (int)view.Count).Select(i => view.Type == ElementType.I64 ? (int)((long*)view.Data)[i] : ((int*)view.Data)[i])];
        float[] exact = Logits(model, new ExactArithmetic(), ids), fast = Logits(model, new FastArithmetic(), ids);
        float* want = (float*)expected.Tensors["logits"].Data;
        float worst = 0;
        for (int i = 0; i < exact.Length; i++) worst = Math.Max(worst, float.IsNaN(exact[i]) ? float.PositiveInfinity : Math.Abs(exact[i] - want[i]));
        // The reference takes GELU from a float16 table.
        Assert.InRange(worst, 0, name is "gemma2" or "gemma3" or "gpt2" ? 2e-2f : 1e-3f);
        Assert.NotEqual(exact, fast);
        double divergence = 0;
        int width = model.Info.Vocabulary;
        for (int r = 0; r < ids.Length; r++)
        {
            double[] p = LogSoftmax(exact.AsSpan(r * width, width)), q = LogSoftmax(fast.AsSpan(r * width, width));
            for (int i = 0; i < width; i++) divergence += Math.Exp(p[i]) * (p[i] - q[i]) / ids.Length;
        }
        double limit = peer.RootElement.GetProperty("llama_cpp_fast_kl").GetDouble();
        TestContext.Current.TestOutputHelper?.WriteLine($"exact off by {worst:g3}; fast path KL {divergence:g3}, llama.cpp {limit:g3}");
        Assert.InRange(divergence, -1e-6, Math.Max(1e-4, 1.5 * limit));
    }

    private static float[] Logits(DecoderModel model, Arithmetic arithmetic, int[] ids)
    {
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        pass.Begin([new SequenceSpan(0, ids.Length, 0, state)]);
        return new Span<float>(model.Head.Logits(pass, model.Forward(pass, ids), ids.Length), ids.Length * model.Info.Vocabulary).ToArray();
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float l in logits) largest = Math.Max(largest, l);
        foreach (float l in logits) sum += Math.Exp(l - largest);
        var result = new double[logits.Length];
        for (int i = 0; i < result.Length; i++) result[i] = logits[i] - largest - Math.Log(sum);
        return result;
    }
}
