using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Training;

/// <summary>Loss and gradients of examples by a model: the examples go through side by side, as sequences of their own.</summary>
public sealed class ModelWorker : IGradientWorker, ILossWorker, IDisposable
{
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
        int count = Lay(examples, out int[] lengths);
        return pass.LossAndGradients(ids.AsSpan(0, count), targets.AsSpan(0, count), lengths, losses.AsSpan(0, count), weight);
    }

    /// <inheritdoc/>
    public void Losses(ReadOnlySpan<Example> examples, Span<double> sums)
    {
        int count = Lay(examples, out int[] lengths);
        pass.Loss(ids.AsSpan(0, count), targets.AsSpan(0, count), lengths, losses.AsSpan(0, count));
        int offset = 0;
        for (int e = 0; e < examples.Length; e++)
        {
            sums[e] = 0;
            foreach (float loss in losses.AsSpan(offset, lengths[e])) sums[e] += loss;
            offset += lengths[e];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pass.Dispose();

    private int Lay(ReadOnlySpan<Example> examples, out int[] lengths)
    {
        lengths = new int[examples.Length];
        int count = 0;
        for (int e = 0; e < examples.Length; e++) count += lengths[e] = examples[e].Ids.Length;
        if (ids.Length < count) (ids, targets, losses) = (new int[count], new int[count], new float[count]);
        int offset = 0;
        foreach (var example in examples)
        {
            example.Ids.CopyTo(ids, offset);
            example.CopyTargets(targets.AsSpan(offset, example.Ids.Length));
            offset += example.Ids.Length;
        }

        return count;
    }
}
