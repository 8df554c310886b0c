using System.Text.Json;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>Every architecture, from both file forms, against Transformers: logits, hidden states, and every weight's gradient.</summary>
public sealed unsafe class TinyRandomTests
{
    private const int LogitRows = 96;

    public static TheoryData<string> Forms()
    {
        var data = new TheoryData<string>();
        foreach (string name in Folders())
        {
            data.Add(name);
            if (name is not ("llama3-scaled-v4-config" or "mistral-window" or "gemma2-scaled")) data.Add(name + "/model.gguf");
        }
        return data;
    }

    public static TheoryData<string> Folders() =>
        ["llama", "llama-tied", "llama-f16", "llama-bf16-shards", "llama3-scaled", "llama3-scaled-v4-config", "mistral-window", "mixtral", "smollm3", "qwen2", "qwen3", "qwen3-moe", "gemma2", "gemma2-scaled", "gemma3", "phi3", "granite", "olmo2", "gpt2"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Logits_and_hidden_states_equal_those_of_Transformers(string form)
    {
        string path = SharedFolder.Path("models/tiny-random/" + form);
        using var expected = SafetensorsFile.Open(SharedFolder.Path($"models/tiny-random/{form.Split('/')[0]}/expected.safetensors"));
        using var model = ModelLoader.Load(path);
        var arithmetic = new ExactArithmetic();
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        int[] ids = Ids(expected);
        var view = expected.Tensors["hidden_states"];
        int rows = (int)view.Shape[1], width = (int)view.Shape[2];
        float worstHidden = 0;
        pass.Observe = (layer, x) =>
        {
            for (int r = 0; r < rows; r++)
                for (int i = 0; i < width; i++)
                    worstHidden = Math.Max(worstHidden, Distance(((float*)x)[(long)r * 8 * width + i], ((float*)view.Data)[((long)layer * rows + r) * width + i]));
        };
        pass.Begin([new SequenceSpan(0, ids.Length, 0, state)]);
        float* hidden = model.Forward(pass, ids);
        float* logits = model.Head.Logits(pass, hidden, ids.Length);
        float worst = 0;
        float* want = (float*)expected.Tensors["logits"].Data;
        for (int i = 0; i < LogitRows * model.Info.Vocabulary; i++) worst = Math.Max(worst, Distance(logits[i], want[i]));
        TestContext.Current.TestOutputHelper?.WriteLine($"logits off by {worst:g3}, hidden states by {worstHidden:g3}");
        Assert.InRange(worst, 0, 1e-3f);
        Assert.InRange(worstHidden, 0, 1e-3f);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_token_at_a_time_gives_the_same_bits_as_all_at_once(string form)
    {
        using var model = ModelLoader.Load(SharedFolder.Path("models/tiny-random/" + form));
        using var expected = SafetensorsFile.Open(SharedFolder.Path($"models/tiny-random/{form.Split('/')[0]}/expected.safetensors"));
        int[] ids = Ids(expected)[..40];
        foreach (Arithmetic arithmetic in new Arithmetic[] { new ExactArithmetic(), new FastArithmetic() })
        {
            float[] whole = Run(model, arithmetic, ids, ids.Length), single = Run(model, arithmetic, ids, 1), odd = Run(model, arithmetic, ids, 7);
            Assert.Equal(whole, single);
            Assert.Equal(whole, odd);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_gradient_equals_that_of_Transformers(string form)
    {
        string folder = SharedFolder.Path("models/tiny-random/" + form);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected-gradients.json")));
        using var model = ModelLoader.Load(folder);
        foreach (var parameter in model.Parameters) parameter.Train();
        int[] ids = Ids(expected), labels = new int[ids.Length], next = new int[ids.Length];
        Array.Fill(labels, Head.NoLoss);
        for (int i = 32; i < ids.Length; i++) labels[i] = ids[i];
        GradientPass.ShiftLabels(labels, next);
        foreach (bool recompute in new[] { false, true })
        {
            foreach (var parameter in model.Parameters) parameter.ClearGradient();
            using var pass = new GradientPass(model, new ExactArithmetic()) { Recompute = recompute };
            int counted = next.Count(l => l != Head.NoLoss);
            double loss = pass.LossAndGradients(ids, next, [ids.Length], new float[ids.Length], 1f / counted) / counted;
            Assert.Equal(json.RootElement.GetProperty("loss").GetDouble(), loss, 1e-4);
            var byName = model.Parameters.ToDictionary(p => p.Name);
            foreach (var want in json.RootElement.GetProperty("parameters").EnumerateObject())
            {
                Check(want.Name, Gradient(byName, want.Name), want.Value);
            }
        }
    }

    // Three sequences that begin alike, whole and with the beginning put through once: longer than the windows of the models that have one.
    [Theory]
    [MemberData(nameof(Folders))]
    public void A_beginning_that_goes_through_once_gives_the_same_losses_and_gradients(string form)
    {
        string folder = SharedFolder.Path("models/tiny-random/" + form);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = ModelLoader.Load(folder);
        foreach (var parameter in model.Parameters) parameter.Train();
        int[] all = Ids(expected), beginning = all[..40];
        int[][] rest = [all[40..47], all[47..96], [all[3]]];
        int[] Targets(int[] ids, int from) => [.. ids.Select((_, t) => t + 1 < ids.Length && t >= from ? ids[t + 1] : Head.NoLoss)];
        int[][] whole = [.. rest.Select(r => beginning.Concat(r).ToArray())], wholeTargets = [.. whole.Select(w => Targets(w, 40))];
        int[][] parts = [beginning, .. rest], partTargets = [[.. beginning.Select(_ => Head.NoLoss)], .. wholeTargets.Select(t => t[40..])];
        foreach (Arithmetic arithmetic in new Arithmetic[] { new ExactArithmetic(), new FastArithmetic() })
            foreach (bool recompute in new[] { false, true })
            {
                using var pass = new GradientPass(model, arithmetic) { Recompute = recompute };
                Assert.True(pass.CanShare);
                var (losses, gradients) = Run(pass, whole, wholeTargets, shared: false);
                var (sharedLosses, sharedGradients) = Run(pass, parts, partTargets, shared: true);
                int at = 0, sharedAt = 40;
                foreach (var r in rest)
                {
                    Assert.Equal(losses[(at + 40)..(at + 40 + r.Length)], sharedLosses[sharedAt..(sharedAt + r.Length)]);
                    at += 40 + r.Length;
                    sharedAt += r.Length;
                }
                foreach (var (name, gradient) in gradients)
                {
                    double squares = gradient.Sum(g => (double)g * g), difference = gradient.Zip(sharedGradients[name]).Sum(g => Math.Pow((double)g.First - g.Second, 2));
                    Assert.True(Math.Sqrt(difference) <= 2e-5 * Math.Sqrt(squares) + 1e-8, $"{name}: {Math.Sqrt(difference)} of {Math.Sqrt(squares)}");
                }
                float[] forward = new float[sharedLosses.Length];
                pass.Loss([.. parts.SelectMany(p => p)], [.. partTargets.SelectMany(p => p)], [.. parts.Select(p => p.Length)], forward, shared: true);
                Assert.Equal(sharedLosses, forward);
            }

        (float[] Losses, Dictionary<string, float[]> Gradients) Run(GradientPass pass, int[][] ids, int[][] targets, bool shared)
        {
            foreach (var parameter in model.Parameters) parameter.ClearGradient();
            int[] flat = [.. ids.SelectMany(i => i)];
            float[] losses = new float[flat.Length];
            pass.LossAndGradients(flat, [.. targets.SelectMany(t => t)], [.. ids.Select(i => i.Length)], losses, 0.1f, shared);
            return (losses, model.Parameters.ToDictionary(p => p.Name, p => new ReadOnlySpan<float>(p.Gradient, (int)p.Count).ToArray()));
        }
    }

    private static void Check(string name, float[] gradient, JsonElement want)
    {
        double norm = want.GetProperty("norm").GetDouble(), tolerance = 1e-3 * norm + 1e-7;
        double squares = gradient.Sum(g => (double)g * g), sum = gradient.Sum(g => (double)g);
        Assert.Equal(want.GetProperty("shape").EnumerateArray().Aggregate(1L, (n, d) => n * d.GetInt64()), gradient.Length);
        Assert.True(Math.Abs(Math.Sqrt(squares) - norm) <= tolerance, $"{name}: norm {Math.Sqrt(squares)}, expected {norm}");
        Assert.True(Math.Abs(sum - want.GetProperty("sum").GetDouble()) <= tolerance, $"{name}: sum {sum}, expected {want.GetProperty("sum")}");
        int i = 0;
        foreach (var value in want.GetProperty("first8").EnumerateArray())
        {
            Assert.True(Math.Abs(gradient[i] - value.GetDouble()) <= tolerance, $"{name}[{i}]: {gradient[i]}, expected {value}");
            i++;
        }
    }

    // In the order in which Transformers holds the weight in memory. It stacks experts: [expert, gate rows then up rows, hidden].
    private static float[] Gradient(Dictionary<string, Parameter> parameters, string name)
    {
        if (parameters.TryGetValue(name, out var parameter)) return InOrder(parameter);
        int at = name.IndexOf(".mlp.", StringComparison.Ordinal);
        string layer = name[..(at + 1)];
        string[] parts = name.EndsWith("experts.gate_up_proj", StringComparison.Ordinal) ? ["gate_proj|w1", "up_proj|w3"] : name.EndsWith("experts.down_proj", StringComparison.Ordinal) ? ["down_proj|w2"] : ["gate"];
        var found = new List<float>();
        if (parts[0] == "gate") return InOrder(parameters[layer + "block_sparse_moe.gate.weight"]);
        for (int e = 0; ; e++)
        {
            int before = found.Count;
            foreach (string part in parts)
                foreach (string word in part.Split('|'))
                    foreach (string middle in new[] { "mlp", "block_sparse_moe" })
                        if (parameters.TryGetValue($"{layer}{middle}.experts.{e}.{word}.weight", out var expert)) found.AddRange(InOrder(expert));
            if (found.Count == before) return [.. found];
        }
    }

    private static float[] InOrder(Parameter parameter)
    {
        int rows = parameter.Value.Rows, columns = parameter.Value.Columns;
        var values = new float[parameter.Count];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                values[parameter.StoredTransposed ? c * rows + r : r * columns + c] = parameter.Gradient[(long)r * columns + c];
        return values;
    }

    private static float[] Run(DecoderModel model, Arithmetic arithmetic, int[] ids, int step)
    {
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        var all = new float[ids.Length * model.Info.Vocabulary];
        for (int from = 0; from < ids.Length; from += step)
        {
            int n = Math.Min(step, ids.Length - from);
            pass.Workspace.Clear();
            pass.Begin([new SequenceSpan(0, n, from, state)]);
            float* logits = model.Head.Logits(pass, model.Forward(pass, ids.AsSpan(from, n)), n);
            new Span<float>(logits, n * model.Info.Vocabulary).CopyTo(all.AsSpan(from * model.Info.Vocabulary));
        }
        return all;
    }

    private static int[] Ids(SafetensorsFile file)
    {
        var view = file.Tensors["input_ids"];
        return [.. Enumerable.Range(0, (int)view.Count).Select(i => view.Type == ElementType.I64 ? (int)((long*)view.Data)[i] : ((int*)view.Data)[i])];
    }

    private static float Distance(float a, float b) => float.IsNaN(a) || float.IsNaN(b) ? float.PositiveInfinity : Math.Abs(a - b);
}
