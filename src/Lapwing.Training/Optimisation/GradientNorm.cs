using System.Numerics;

namespace Lapwing.Training;

/// <summary>The global norm of a set of gradients, and clipping by it as <c>torch.nn.utils.clip_grad_norm_</c> does.</summary>
public static class GradientNorm
{
    /// <summary>
    /// √ of the sum of all squares. Sums are float64 in a fixed order, so the number does not depend on threads;
    /// infinite or not a number where any gradient is.
    /// </summary>
    public static double Of(IEnumerable<TrainableTensor> tensors)
    {
        double sum = 0;
        foreach (var tensor in tensors) sum += SumOfSquares(tensor.Gradient);
        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Scales the gradients down to a global norm of <paramref name="maximum"/> where they are longer, by maximum/(norm + 1e-6) capped at 1,
    /// and returns the norm before that. A maximum of 0 clips nothing.
    /// </summary>
    public static double Clip(IReadOnlyCollection<TrainableTensor> tensors, double maximum)
    {
        double norm = Of(tensors);
        if (maximum <= 0 || !double.IsFinite(norm)) return norm;
        float factor = (float)Math.Min(1, maximum / (norm + 1e-6));
        if (factor < 1)
        {
            foreach (var tensor in tensors) Scale(tensor.Gradient, factor);
        }

        return norm;
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        // Two vectors of doubles: a float32 sum of millions of squares would lose four of its seven digits.
        Vector<double> low = default, high = default;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[i..]), out var a, out var b);
            low += a * a;
            high += b * b;
        }

        double sum = Vector.Sum(low + high);
        for (; i < values.Length; i++) sum += (double)values[i] * values[i];
        return sum;
    }

    private static void Scale(Span<float> values, float factor)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count) (new Vector<float>(values[i..]) * factor).CopyTo(values[i..]);
        for (; i < values.Length; i++) values[i] *= factor;
    }
}
