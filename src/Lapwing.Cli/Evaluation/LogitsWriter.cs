using Lapwing.Cli.Host;
using Lapwing.Cli.Engine;
using Lapwing.Formats.Safetensors;
using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Cli.Evaluation;

/// <summary>
/// Runs a model over given ids and writes what it computes, for comparison with a reference: tensor <c>logits</c> [length, vocabulary] and,
/// where asked for, <c>hidden_states</c> [layers + 1, length, hidden] (0 is the embedding, the last is after the final norm).
/// </summary>
internal static unsafe class LogitsWriter
{
    // Tokens of one pass: enough to read each weight once for many, few enough that activations of any model fit.
    private const int PassTokens = 512;

    /// <summary>Whether a file is one that this has written: it holds logits and hidden states and nothing else.</summary>
    public static bool Wrote(string path)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using var file = SafetensorsFile.Open(path);
            return file.Tensors.ContainsKey("logits") && file.Tensors.Keys.All(name => name is "logits" or "hidden_states");
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException)
        {
            return false;
        }
    }

    public static void Write(LoadedModel loaded, int[] ids, string path, bool withHidden, Surroundings surroundings)
    {
        var model = loaded.Model;
        int width = model.Info.Hidden, vocabulary = model.Head.Vocabulary, layers = model.Blocks.Count;
        foreach (int id in ids)
            if (id >= model.Info.Vocabulary) throw new ArgumentException($"id {id} is not in the vocabulary of {loaded.Path}: ids run from 0 to {model.Info.Vocabulary - 1}");
        using var last = new NativeBuffer((long)ids.Length * width * sizeof(float));
        using var hidden = new NativeBuffer(withHidden ? (long)(layers + 1) * ids.Length * width * sizeof(float) : 1);
        using var pass = new Pass(loaded.Arithmetic);
        using var state = model.NewState(loaded.Arithmetic);
        var cancelled = surroundings.Interruption.Token;
        int at = 0, count = 0;
        if (withHidden)
        {
            pass.Observe = (layer, values) =>
                new ReadOnlySpan<float>((float*)values, count * width).CopyTo(new Span<float>((float*)hidden.Data + ((long)layer * ids.Length + at) * width, count * width));
        }
        ProgressMeter.Run(surroundings, "computing", ids.Length, "tokens", meter =>
        {
            for (; at < ids.Length; at += count)
            {
                cancelled.ThrowIfCancellationRequested();
                count = Math.Min(PassTokens, ids.Length - at);
                pass.Workspace.Clear();
                pass.Begin([new SequenceSpan(0, count, at, state)]);
                float* h = model.Forward(pass, ids.AsSpan(at, count));
                new ReadOnlySpan<float>(h, count * width).CopyTo(new Span<float>((float*)last.Data + (long)at * width, count * width));
                meter.Report(at + count);
            }
        });
        pass.Observe = null;

        var writer = new SafetensorsWriter();
        long rowBytes = (long)vocabulary * sizeof(float);
        writer.AddTensor("logits", ElementType.F32, [ids.Length, vocabulary], (offset, chunk) =>
        {
            cancelled.ThrowIfCancellationRequested();
            int row = (int)(offset / rowBytes), rows = (int)(chunk.Length / rowBytes);
            pass.Workspace.Clear();
            float* logits = model.Head.Logits(pass, (float*)last.Data + (long)row * width, rows);
            new ReadOnlySpan<byte>(logits, chunk.Length).CopyTo(chunk);
        });
        if (withHidden) writer.AddTensor("hidden_states", ElementType.F32, [layers + 1, ids.Length, width], hidden.Data);
        writer.Write(path);
    }
}
