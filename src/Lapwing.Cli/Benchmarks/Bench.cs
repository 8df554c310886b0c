using Lapwing.Cli.Engine;
using Lapwing.Generation;
using Lapwing.Models;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Benchmarks;

/// <summary>The works that <c>bench</c> measures, each as llama.cpp's <c>llama-bench</c> has it where that has it.</summary>
internal static class Bench
{
    // Rows of a training step: enough to fill the matrices, as in the figures that others publish.
    private const int TuneRows = 4;

    /// <summary>Prefill of <paramref name="tokens"/> tokens into an empty context; the limit is the float32 peak.</summary>
    public static Samples Prefill(LoadedModel loaded, int tokens, int rounds, ModelCost cost, double flops, CancellationToken cancellation)
    {
        int[] prompt = Ids(tokens, loaded.Model.Info.Vocabulary, 1);
        using var session = new GenerationSession(loaded.Model, loaded.Arithmetic, tokens);
        // The head is computed for the last token only.
        var head = loaded.Model.Head.Output.Weight.Value;
        double each = cost.Multiplications - (double)head.Rows * head.Columns * (tokens - 1) / tokens;
        return Samples.Take($"pp{tokens}", tokens, rounds, flops / (2 * each), () =>
        {
            session.Clear();
            session.Evaluate(prompt, cancellation);
        }, cancellation);
    }

    /// <summary>Decoding <paramref name="tokens"/> tokens one by one from an empty context; the limit is reading every weight once a token.</summary>
    public static Samples Decode(LoadedModel loaded, int tokens, int rounds, ModelCost cost, double bandwidth, CancellationToken cancellation)
    {
        int[] ids = Ids(tokens, loaded.Model.Info.Vocabulary, 2);
        using var session = new GenerationSession(loaded.Model, loaded.Arithmetic, tokens);
        return Samples.Take($"tg{tokens}", tokens, rounds, bandwidth / cost.Bytes, () =>
        {
            session.Clear();
            session.Evaluate(ids.AsSpan(0, 1), cancellation);
            for (int t = 1; t < tokens; t++)
            {
                cancellation.ThrowIfCancellationRequested();
                session.Append(ids[t]);
            }
        }, cancellation);
    }

    /// <summary>Training steps of an adapter on all linear layers (or the top ones): forward, backward, AdamW.</summary>
    public static Samples Tune(LoadedModel loaded, int rank, int? topLayers, int length, int rounds, double shareOfExperts, double flops, CancellationToken cancellation)
    {
        var model = loaded.Model;
        using var adapter = LoraTuning.Create(model, new LoraOptions { Rank = rank, TopLayers = topLayers });
        int lowest = topLayers is { } top ? Math.Max(0, model.Blocks.Count - top) : 0;
        double forward = ModelCost.Of(model, shareOfExperts).Multiplications, back = ModelCost.Of(model, shareOfExperts, lowest).Multiplications;
        Example[] rows = [.. Enumerable.Range(0, TuneRows).Select(r => Row(Ids(length, model.Info.Vocabulary, 3 + r)))];
        using var worker = new ModelWorker(model, loaded.Arithmetic);
        using var optimiser = new Stepper(adapter);
        int lossTokens = rows.Sum(r => r.LossTokens), tokens = TuneRows * length;
        return Samples.Take(topLayers is null ? "tune" : $"tune-top{topLayers}", tokens, rounds, flops / (2 * (forward + back)), () =>
        {
            worker.LossAndGradients(rows, 1f / lossTokens);
            optimiser.Step();
        }, cancellation);
    }

    private static Example Row(int[] ids) => new(ids, ids, new RowOrigin("bench", 1));

    // Any ids will do: what is measured does not depend on them. 7919 is a prime far from the sizes of vocabularies.
    private static int[] Ids(int count, int vocabulary, int start) => [.. Enumerable.Range(start, count).Select(i => (int)(i * 7919L % vocabulary))];

    private sealed unsafe class Stepper : IDisposable
    {
        private readonly TrainableTensor[] tensors;
        private readonly AdamW optimiser;

        public Stepper(Adapter adapter)
        {
            tensors = [.. adapter.Parameters.Select(p => new TrainableTensor(p.Name, p.Floats, p.Gradient, p.Count))];
            optimiser = new AdamW(tensors, new AdamWOptions());
        }

        public void Step()
        {
            optimiser.Step(1e-5);
            foreach (var tensor in tensors) tensor.Gradient.Clear();
        }

        public void Dispose() => optimiser.Dispose();
    }
}
