using System.Globalization;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Tests.Support;
using Lapwing.Cli.Tuning;
using Lapwing.Formats.Safetensors;
using Lapwing.Generation;
using Lapwing.Tensors;
using Lapwing.Testing;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tests.Tuning;

/// <summary>The team of threads is the whole program's: who changes its size runs alone.</summary>
[CollectionDefinition(nameof(ThreadCounts), DisableParallelization = true)]
public sealed class ThreadCounts;

/// <summary>
/// The same rows cost the same, bit for bit, in <c>run --adapter</c> (the logits of its session), in the validation of <c>tune</c> and in
/// <c>eval --answers</c>: on both paths, however many threads compute and whatever a row is computed together with.
/// </summary>
[Collection(nameof(ThreadCounts))]
public sealed class SameLossTests : IDisposable
{
    private const int HeldOut = 5;
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        ThreadTeam.Configure(Math.Max(1, Environment.ProcessorCount));
        folder.Dispose();
    }

    [Theory]
    [InlineData("F32", false)]
    [InlineData("F32", true)]
    [InlineData("F16", false)]
    [InlineData("BF16", false)]
    [InlineData("Q8_0", false)]
    [InlineData("Q4_1", false)]
    [InlineData("Q4_1", true)]
    public void Chat_validation_and_eval_give_the_same_loss_bit_for_bit(string type, bool exact)
    {
        string whole = TeachableModel.Write(folder), model = whole, rows = TeachableModel.WriteRows(folder);
        File.WriteAllText(rows, File.ReadAllText(rows).Replace("{{name}}", "Pip", StringComparison.Ordinal));
        if (type != "F32")
        {
            model = folder.At(type + ".gguf");
            Run.Lapwing(type.StartsWith('Q') ? "quantize" : "convert", whole, model, "--type", type, "--quiet").Succeeds();
        }
        Same(model, rows, exact, spokenToo: exact || !type.StartsWith('Q'), ["--rank", "4", "--target", "all"]);
    }

    // Every block type of the mixed files, every family's layers.
    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    [InlineData("qwen3-moe")]
    [InlineData("phi3")]
    public void So_it_is_on_mixed_quantised_models_of_other_families(string name)
    {
        string model = SharedFolder.Path($"models/tiny-quantised/{name}.gguf");
        Same(model, TokenRows(new Random(17), vocabulary: 300), exact: false, spokenToo: false, ["--method", "rslora", "--rank", "3"]);
    }

    // Quantised weights meet finer activations in what is spoken: those bits are their own.
    private void Same(string model, string rows, bool exact, bool spokenToo, string[] method)
    {
        string[] path = exact ? ["--exact"] : [];
        string held = Held(model, rows), adapter = "";
        double expected = 0;
        foreach (int atOnce in new[] { 1, 50, 1024 })
        {
            double? validated = null;
            Dictionary<string, float[]>? learnt = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                adapter = folder.At($"out-{threads}-{atOnce}");
                var record = Run.Lapwing([
                    "tune", model, rows, "-o", adapter, .. method, "--validation", HeldOut.ToString(CultureInfo.InvariantCulture), "--steps", "4", "--lr", "5e-3", "--batch", "6", "--seed", "7",
                    "--threads", Text(threads), "--tokens-at-once", Text(atOnce), "--json", "--quiet", .. path]).Succeeds().Json;
                double loss = record.GetProperty("validation").EnumerateArray().Last().GetProperty("loss").GetDouble();
                Assert.Equal(validated ??= loss, loss);
                var values = Values(adapter);
                learnt ??= values;
                foreach (string tensor in values.Keys) Assert.Equal(learnt[tensor], values[tensor]);
            }

            // Cut otherwise, a batch's gradients are the same to rounding, and what they lead to is another adapter in its last digits; its loss is its own everywhere.
            expected = validated!.Value;
            Assert.Equal(expected, Run.Lapwing(["eval", model, "--answers", held, "--adapter", adapter, "--json", "--quiet", .. path]).Succeeds().Json.GetProperty("loss").GetDouble());
        }

        double[]? perRow = null;
        foreach (string form in new[] { adapter, Path.Combine(adapter, "adapter.gguf") })
        {
            // A GGUF file folds rsLoRA's scale into B: the same function, not the same bits.
            if (form.EndsWith(".gguf", StringComparison.Ordinal) && method.Contains("rslora")) continue;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                var report = Run.Lapwing(["eval", model, "--answers", held, "--adapter", form, "--threads", Text(threads), "--json", "--quiet", .. path]).Succeeds().Json;
                Assert.Equal(expected, report.GetProperty("loss").GetDouble());
                Assert.NotEqual(expected, report.GetProperty("base_loss").GetDouble());
                double[] losses = [.. report.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("loss").GetDouble())];
                Assert.Equal(perRow ??= losses, losses);
            }
        }
        Assert.Equal(HeldOut, perRow!.Length);

        foreach (int threads in new[] { 1, 2, 3 })
        {
            ThreadTeam.Configure(threads);
            using var loaded = LoadedModel.Load(model, exact ? new ExactArithmetic() : new FastArithmetic(), [new AdapterChoice(adapter, 1)], context: null);
            Example[] examples = [.. ExampleSource.Build(loaded, DataReader.Read([held], new()), 128)];
            for (int r = 0; r < examples.Length; r++)
            {
                Assert.Equal(perRow[r], TokenByToken(loaded, examples[r], spoken: false));
                if (spokenToo) Assert.Equal(perRow[r], TokenByToken(loaded, examples[r], spoken: true));
                Assert.Equal(perRow[r], AllAtOnce(loaded, examples[r]));
            }
        }
    }

    private static double TokenByToken(LoadedModel loaded, Example example, bool spoken)
    {
        using var session = new GenerationSession(loaded.Model, loaded.Arithmetic);
        double sum = 0;
        session.Evaluate(example.Ids.AsSpan(0, 1));
        for (int t = 1; t < example.Ids.Length; t++)
        {
            if (example.Labels[t] != Example.NoLoss) sum += Loss(session, example.Labels[t]);
            if (spoken) session.Append(example.Ids[t]);
            else session.Evaluate(example.Ids.AsSpan(0, t + 1));
        }
        return sum;
    }

    // Everything before a token as one prompt, as the chat begins; what one session holds already is used again in the other.
    private static double AllAtOnce(LoadedModel loaded, Example example)
    {
        using var reused = new GenerationSession(loaded.Model, loaded.Arithmetic);
        double sum = 0;
        for (int t = 1; t < example.Ids.Length; t++)
        {
            if (example.Labels[t] == Example.NoLoss) continue;
            using var fresh = new GenerationSession(loaded.Model, loaded.Arithmetic);
            fresh.Evaluate(example.Ids.AsSpan(0, t));
            reused.Evaluate(example.Ids.AsSpan(0, t));
            float loss = Loss(fresh, example.Labels[t]);
            Assert.Equal(loss, Loss(reused, example.Labels[t]));
            sum += loss;
        }
        return sum;
    }

    private static unsafe float Loss(GenerationSession session, int label)
    {
        fixed (float* logits = session.Logits) return (float)(VectorMath.LogSumExp(logits, session.Logits.Length) - logits[label]);
    }

    // The rows that tune holds out, in a file of their own: the split is a function of examples, size and seed.
    private string Held(string model, string rows)
    {
        using var loaded = LoadedModel.Load(model, new FastArithmetic(), [], null);
        var split = ValidationSplit.Create(ExampleSource.Build(loaded, DataReader.Read([rows], new()), 128), ValidationSize.Parse(Text(HeldOut)), 7);
        string[] lines = File.ReadAllLines(rows);
        return folder.Write("held.jsonl", string.Join('\n', split.Validation.Select(e => lines[e.Origin.Line - 1])));
    }

    private string TokenRows(Random random, int vocabulary)
    {
        var lines = Enumerable.Range(0, 20).Select(_ =>
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(3, 60)).Select(_ => random.Next(vocabulary))];
            int[] labels = [.. ids.Select((id, t) => t == ids.Length - 1 || random.Next(3) > 0 ? id : Example.NoLoss)];
            return $$"""{"input_ids":[{{string.Join(',', ids)}}],"labels":[{{string.Join(',', labels)}}]}""";
        });
        return folder.Write("tokens.jsonl", string.Join('\n', lines));
    }

    private static Dictionary<string, float[]> Values(string adapter)
    {
        using var file = SafetensorsFile.Open(Path.Combine(adapter, "adapter_model.safetensors"));
        return file.Tensors.ToDictionary(t => t.Key, t => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(t.Value.Span).ToArray());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
