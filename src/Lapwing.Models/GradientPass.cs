using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Loss, and gradients of everything that is trained, for batches of whole sequences: the work of one training step as a value
/// (rows in, token-weighted gradient sums out), so that a batch may be cut into any number of parts.
/// </summary>
/// <remarks>Gradients add up over calls until <see cref="Parameter.ClearGradient"/>. Sequences of a batch never see each other, and nothing is padded.</remarks>
public sealed unsafe class GradientPass(DecoderModel model, Arithmetic arithmetic) : IDisposable
{
    private readonly Pass pass = new(arithmetic);
    private readonly List<SequenceState> states = [];
    private readonly nint[] inputs = new nint[model.Blocks.Count];

    /// <summary>
    /// Compute a block's activations again in the backward pass rather than keep those of all blocks: a third more work for a fraction of the memory.
    /// </summary>
    public bool Recompute { get; set; }

    /// <summary>Off: adapters are left out.</summary>
    public bool UseAdapters
    {
        get => pass.UseAdapters;
        set => pass.UseAdapters = value;
    }

    /// <summary>Bytes of activations and of keys and values held now.</summary>
    public long Bytes => pass.Workspace.Bytes + states.Sum(s => s.Bytes);

    /// <summary>Σ of −ln p(label) over the labels, forward only.</summary>
    /// <param name="ids">All sequences' tokens, one after another.</param>
    /// <param name="labels">For each token the one that should follow it, or <see cref="Head.NoLoss"/>.</param>
    /// <param name="lengths">Tokens of each sequence.</param>
    /// <param name="losses">[ids.Length]: each token's share.</param>
    /// <param name="shared">Whether the first sequence is the beginning of all others, which hold only what follows it. The losses are the same bits.</param>
    public double Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> labels, ReadOnlySpan<int> lengths, Span<float> losses, bool shared = false)
    {
        Begin(ids, labels, lengths, shared);
        pass.Tape = null;
        float* hidden = model.Forward(pass, ids);
        return model.Head.Loss(pass, hidden, labels, losses);
    }

    /// <summary>As <see cref="Loss"/>, and adds <paramref name="weight"/> times its gradient to that of everything trained.</summary>
    /// <remarks>What a <paramref name="shared"/> beginning adds to a gradient is added once for all: the sum's order differs, and with it the last bits.</remarks>
    public double LossAndGradients(ReadOnlySpan<int> ids, ReadOnlySpan<int> labels, ReadOnlySpan<int> lengths, Span<float> losses, float weight, bool shared = false)
    {
        Begin(ids, labels, lengths, shared);
        int hidden = model.Info.Hidden, lowest = LowestTrained(), blocks = model.Blocks.Count;
        long count = (long)pass.Tokens * hidden;
        var workspace = pass.Workspace;
        var tape = new Tape();

        float* x = model.Embedding.Forward(pass, ids);
        for (int b = 0; b < blocks; b++)
        {
            bool keep = b >= lowest && !Recompute;
            pass.Tape = keep ? tape : null;
            inputs[b] = (nint)x;
            // A block that is not kept leaves its output alone: in place of its input below the trained blocks, beside it above.
            float* output = keep ? null : b < lowest ? x : workspace.Take(count);
            var mark = workspace.Here;
            float* y = model.Blocks[b].Forward(pass, x, hidden);
            if (!keep)
            {
                Copy(y, output, count);
                workspace.Release(mark);
            }
            x = keep ? y : output;
        }
        pass.Tape = tape;
        float* last = model.LastNorm.Forward(pass, x, pass.Tokens);

        float* dLast = workspace.TakeZeroed(count);
        double loss = model.Head.Loss(pass, last, labels, losses, weight, dLast);
        float* d = workspace.TakeZeroed(count);
        model.LastNorm.Backward(pass, dLast, pass.Tokens, d);
        for (int b = blocks - 1; b >= lowest; b--)
        {
            var mark = workspace.Here;
            if (Recompute) model.Blocks[b].Forward(pass, (float*)inputs[b], hidden);
            model.Blocks[b].Backward(pass, d, hidden);
            workspace.Release(mark);
        }
        if (lowest == 0) model.Embedding.Backward(pass, ids, d);
        if (tape.Count != 0) throw new InvalidOperationException($"{tape.Count} entries were left on the tape: a layer's backward does not mirror its forward");
        return loss;
    }

    /// <summary>Whether sequences may share their beginning: all that the layers keep of a token is kept per token, so that it can be copied.</summary>
    public bool CanShare => model.Blocks.All(b => b.State(pass.Arithmetic.CacheType).BytesOnce == 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var state in states) state.Dispose();
        pass.Dispose();
    }

    /// <summary>Labels as they stand beside the ids, moved to the place that predicts them: the label at t belongs to token t − 1.</summary>
    public static void ShiftLabels(ReadOnlySpan<int> labels, Span<int> next)
    {
        if (labels.IsEmpty) return;
        labels[1..].CopyTo(next);
        next[labels.Length - 1] = Head.NoLoss;
    }

    private void Begin(ReadOnlySpan<int> ids, ReadOnlySpan<int> labels, ReadOnlySpan<int> lengths, bool shared)
    {
        if (ids.IsEmpty || labels.Length != ids.Length) throw new ArgumentException($"{ids.Length} ids and {labels.Length} labels: a batch needs as many of one as of the other, and at least one");
        pass.Workspace.Clear();
        while (states.Count < lengths.Length) states.Add(model.NewState(pass.Arithmetic));
        var spans = new SequenceSpan[lengths.Length];
        int offset = 0;
        for (int i = 0; i < spans.Length; i++)
        {
            states[i].Truncate(0);
            spans[i] = shared && i > 0 ? new SequenceSpan(offset, lengths[i], lengths[0], states[i], Beginning: 0) : new SequenceSpan(offset, lengths[i], 0, states[i]);
            offset += lengths[i];
        }
        if (offset != ids.Length) throw new ArgumentException($"sequences of {offset} tokens in all for {ids.Length} ids", nameof(lengths));
        pass.Begin(spans);
    }

    private int LowestTrained()
    {
        if (model.Embedding.Table.IsTrained || model.Embedding.Positions?.IsTrained == true) return 0;
        for (int b = 0; b < model.Blocks.Count; b++)
            if (model.Blocks[b].Parameters.Any(p => p.IsTrained) || model.Blocks[b].Linears.Any(l => l.Adapters.Any(a => a.Parameters.Any(p => p.IsTrained)))) return b;
        return model.Blocks.Count;
    }

    private static void Copy(float* from, float* to, long count)
    {
        if (from != to) Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));
    }
}
