using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Training;

/// <summary>
/// Loss and gradients of examples by a model: the examples go through side by side, as sequences of their own. A beginning that all of them share (a system prompt) goes
/// through once: of thirty short chats that is more than half of all tokens.
/// </summary>
public sealed class ModelWorker : IGradientWorker, ILossWorker, IDisposable
{
    // A shorter beginning saves less than the sequence that it makes costs.
    private const int ShortestShared = 4;

    private readonly GradientPass pass;
    private int[] ids = [];
    private int[] targets = [];
    private float[] losses = [];

    /// <summary>A worker that computes by <paramref name="arithmetic"/>.</summary>
    /// <param name="model">The model, with what learns set to.</param>
    /// <param name="arithmetic">The numeric policy.</param>
    /// <param name="recompute">Trade a third more work for a fraction of the memory.</param>
    public ModelWorker(DecoderModel model, Arithmetic arithmetic, bool recompute = false) => pass = new(model, arithmetic) { Recompute = recompute };

    /// <summary>Off: adapters are left out, the base alone answers.</summary>
    public bool UseAdapters
    {
        get => pass.UseAdapters;
        set => pass.UseAdapters = value;
    }

    /// <summary>Bytes of activations, keys and values held now.</summary>
    public long Bytes => pass.Bytes;

    /// <inheritdoc/>
    public double LossAndGradients(ReadOnlySpan<Example> examples, float weight)
    {
        int count = Lay(examples, out int[] lengths, out int shared);
        return pass.LossAndGradients(ids.AsSpan(0, count), targets.AsSpan(0, count), lengths, losses.AsSpan(0, count), weight, shared > 0);
    }

    /// <inheritdoc/>
    public void Losses(ReadOnlySpan<Example> examples, Span<double> sums)
    {
        int count = Lay(examples, out int[] lengths, out int shared);
        pass.Loss(ids.AsSpan(0, count), targets.AsSpan(0, count), lengths, losses.AsSpan(0, count), shared > 0);
        int offset = shared;
        for (int e = 0; e < examples.Length; e++)
        {
            int own = examples[e].Ids.Length - shared;
            sums[e] = 0;
            foreach (float loss in losses.AsSpan(offset, own)) sums[e] += loss;
            offset += own;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pass.Dispose();

    // One sequence for what all examples begin with (if anything), then one for the rest of each.
    private int Lay(ReadOnlySpan<Example> examples, out int[] lengths, out int shared)
    {
        shared = Shared(examples);
        int first = shared > 0 ? 1 : 0, count = shared;
        lengths = new int[first + examples.Length];
        if (shared > 0) lengths[0] = shared;
        for (int e = 0; e < examples.Length; e++) count += lengths[first + e] = examples[e].Ids.Length - shared;
        if (ids.Length < count) (ids, targets, losses) = (new int[count], new int[count], new float[count]);
        if (shared > 0)
        {
            examples[0].Ids.AsSpan(0, shared).CopyTo(ids);
            targets.AsSpan(0, shared).Fill(Example.NoLoss);
        }

        int offset = shared;
        foreach (var example in examples)
        {
            int own = example.Ids.Length - shared;
            example.Ids.AsSpan(shared).CopyTo(ids.AsSpan(offset));
            example.CopyTargets(targets.AsSpan(offset, own), shared);
            offset += own;
        }

        return count;
    }

    // How many tokens all examples begin with, none of which predicts a token with loss; every example keeps at least one of its own.
    private int Shared(ReadOnlySpan<Example> examples)
    {
        if (examples.Length < 2 || !pass.CanShare) return 0;
        var first = examples[0];
        int common = first.Ids.Length - 1;
        foreach (var example in examples)
        {
            common = Math.Min(common, Math.Min(example.Ids.Length - 1, first.Ids.AsSpan().CommonPrefixLength(example.Ids)));
            int loss = example.Labels.AsSpan(1).IndexOfAnyExcept(Example.NoLoss);
            if (loss >= 0) common = Math.Min(common, loss);
        }

        return common < ShortestShared ? 0 : common;
    }
}
