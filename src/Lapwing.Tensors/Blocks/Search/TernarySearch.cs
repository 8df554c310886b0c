namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// One scale for levels −1, 0, 1, exactly: with magnitudes in falling order, the elements that are not 0 are a prefix; of every prefix the
/// best scale is its mean, and the error is known from two running sums.
/// </summary>
internal static unsafe class TernarySearch
{
    /// <summary>The best scale, as a half holds it.</summary>
    public static float Find(float* x, float* w, int n)
    {
        Span<float> magnitudes = stackalloc float[n];
        Span<float> weights = stackalloc float[n];
        for (int i = 0; i < n; i++) (magnitudes[i], weights[i]) = (-MathF.Abs(x[i]), w[i]);
        magnitudes.Sort(weights);
        double sumX = 0, sumW = 0, score = 0;
        float best = 0;
        for (int i = 0; i < n; i++)
        {
            sumX -= (double)magnitudes[i] * weights[i];
            sumW += weights[i];
            if (!(sumW > 0) || !(sumX * sumX / sumW > score)) continue;
            score = sumX * sumX / sumW;
            best = (float)(sumX / sumW);
        }

        return Fit.Half(best);
    }
}
