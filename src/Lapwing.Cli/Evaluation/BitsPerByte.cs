using System.Text;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Models;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Evaluation;

/// <summary>What rows of text cost: bits for each byte of UTF-8, comparable between models of any vocabulary.</summary>
internal readonly record struct BitsPerByteResult(double BitsPerByte, double LossPerToken, long Tokens, long Bytes, int Rows);

/// <summary>
/// Each row alone, BOS first where the model has one; every token of the text counts once and nothing else does. Of a row longer than the context the
/// rest is read in windows that slide by half a context, so that every token has at least that much before it.
/// </summary>
internal static class BitsPerByte
{
    /// <summary>Measures the plain-text rows of <paramref name="path"/>.</summary>
    /// <exception cref="InvalidDataException">The file holds no text.</exception>
    public static BitsPerByteResult Measure(LoadedModel loaded, string path, bool useAdapters, Surroundings surroundings)
    {
        TextRow[] rows = [.. DataReader.Read([path], new DataOptions()).Rows.OfType<TextRow>()];
        if (rows.Length == 0) throw new InvalidDataException($"{path} holds no rows of plain text; give a .txt file or JSONL rows of {{\"text\"}}");
        using var pass = new GradientPass(loaded.Model, loaded.Arithmetic) { UseAdapters = useAdapters };
        int longest = loaded.Model.Info.ContextLength;
        int? bos = loaded.Tokenizer.BosId;
        return ProgressMeter.Run(surroundings, useAdapters ? "bits per byte" : "base", rows.Length, "rows", meter =>
        {
            double sum = 0;
            long tokens = 0, bytes = 0;
            for (int r = 0; r < rows.Length; r++)
            {
                surroundings.Interruption.Token.ThrowIfCancellationRequested();
                int[] ids = loaded.Tokenizer.Encode(rows[r].Text, addSpecial: false, parseSpecial: false);
                bytes += Encoding.UTF8.GetByteCount(rows[r].Text);
                if (bos is { } first) ids = [first, .. ids];
                int scored = bos is null ? 0 : 1;
                for (int start = 0; scored < ids.Length; start = scored - longest / 2)
                {
                    int end = Math.Min(ids.Length, start + longest);
                    int[] window = ids[start..end], next = new int[window.Length];
                    for (int t = 0; t < next.Length; t++) next[t] = start + t + 1 >= scored && t + 1 < window.Length ? window[t + 1] : Head.NoLoss;
                    sum += pass.Loss(window, next, [window.Length], new float[window.Length]);
                    tokens += next.Count(l => l != Head.NoLoss);
                    scored = end;
                }
                meter.Report(r + 1, $"{sum / Math.Log(2) / bytes:0.000} bits a byte");
            }
            return new BitsPerByteResult(sum / Math.Log(2) / bytes, sum / tokens, tokens, bytes, rows.Length);
        });
    }
}
