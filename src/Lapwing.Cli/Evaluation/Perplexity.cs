using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Models;

namespace Lapwing.Cli.Evaluation;

/// <summary>A perplexity with its uncertainty, over <paramref name="Tokens"/> scored tokens.</summary>
internal readonly record struct PerplexityResult(double Perplexity, double StandardError, long Tokens, int Chunks, int Context);

/// <summary>
/// Perplexity as llama.cpp's <c>llama-perplexity</c> measures it: the text tokenised once, cut into chunks of the context's length, each
/// computed alone with BOS in its first place where the model asks for BOS; of each chunk only the second half counts, so that every
/// scored token has at least half a context before it.
/// </summary>
internal sealed unsafe class Perplexity
{
    private readonly LoadedModel loaded;
    private readonly int[] ids;
    private readonly int context;

    /// <summary>Prepares a text.</summary>
    /// <exception cref="InvalidDataException">The text is shorter than two chunks.</exception>
    public Perplexity(LoadedModel loaded, string text, string origin, int context, int? chunks)
    {
        (this.loaded, this.context) = (loaded, context);
        ids = loaded.Tokenizer.Encode(text, addSpecial: true, parseSpecial: false);
        if (ids.Length < 2 * context)
            throw new InvalidDataException($"{origin} has {ids.Length} tokens, fewer than the {2 * context} that two chunks of {context} take; take a longer text or a smaller --ctx");
        foreach (int id in ids)
            if (id >= loaded.Model.Info.Vocabulary) throw new InvalidDataException($"the tokenizer of {loaded.Path} gives token {id}, but the model knows only {loaded.Model.Info.Vocabulary}: they do not belong together");
        Chunks = Math.Min(ids.Length / context, chunks ?? int.MaxValue);
    }

    /// <summary>Chunks that will be computed.</summary>
    public int Chunks { get; }

    /// <summary>Scored tokens of a chunk.</summary>
    private int Scored => context - 1 - context / 2;

    /// <summary>−ln p of every scored token, adapters used or left out.</summary>
    public float[] Losses(bool useAdapters, string what, Surroundings surroundings)
    {
        var model = loaded.Model;
        var all = new float[(long)Chunks * Scored];
        var labels = new int[context];
        var losses = new float[context];
        var cancelled = surroundings.Interruption.Token;
        int? bos = loaded.Tokenizer.AddsBos ? loaded.Tokenizer.BosId : null;
        using var pass = new Pass(loaded.Arithmetic) { UseAdapters = useAdapters };
        return ProgressMeter.Run(surroundings, what, Chunks, "chunks", meter =>
        {
            double sum = 0;
            for (int c = 0; c < Chunks; c++)
            {
                cancelled.ThrowIfCancellationRequested();
                int[] chunk = ids[(c * context)..((c + 1) * context)];
                Array.Fill(labels, Head.NoLoss);
                for (int t = context / 2; t < context - 1; t++) labels[t] = chunk[t + 1];
                if (bos is { } first) chunk[0] = first;
                using var state = model.NewState(loaded.Arithmetic);
                pass.Workspace.Clear();
                pass.Begin([new SequenceSpan(0, context, 0, state)]);
                float* hidden = model.Forward(pass, chunk);
                sum += model.Head.Loss(pass, hidden, labels, losses);
                losses.AsSpan(context / 2, Scored).CopyTo(all.AsSpan(c * Scored));
                meter.Report(c + 1, $"perplexity {Math.Exp(sum / ((c + 1.0) * Scored)):0.000}");
            }
            return all;
        });
    }

    /// <summary>Mean and standard error as llama.cpp has them: of −ln p over all scored tokens, and the error times the perplexity.</summary>
    public PerplexityResult Of(ReadOnlySpan<float> losses)
    {
        double sum = 0, squares = 0;
        foreach (float loss in losses)
        {
            sum += loss;
            squares += (double)loss * loss;
        }
        double count = losses.Length, mean = sum / count, variance = squares / count - mean * mean;
        double perplexity = Math.Exp(mean), error = variance > 0 && count > 1 ? Math.Sqrt(variance / (count - 1)) * perplexity : 0;
        return new PerplexityResult(perplexity, error, losses.Length, Chunks, context);
    }
}
