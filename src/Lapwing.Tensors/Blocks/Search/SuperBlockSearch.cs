using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// A super-block without offsets: one half times small signed integers, a scale for each sub-block. Every sub-block's own best scales (one
/// for either sign) are found first; then the half is tried at several places, each sub-block taking the integer around its own best that
/// truly errs least; then least squares over the whole super-block moves the half until nothing improves.
/// </summary>
internal static unsafe class SuperBlockSearch
{
    private const int MaxSubBlocks = 16;

    /// <summary>The smallest half, 2⁻²⁴.</summary>
    public const float SmallestHalf = 5.9604645e-8f;

    // Where the largest sub-block scale is laid, as a part of the integers' range. Beyond 1 it is cut off: worth it where one outlier would
    // leave the other sub-blocks two or three integers.
    private static ReadOnlySpan<float> Places => [1, 0.98f, 1.02f, 0.95f, 1.06f, 0.9f, 1.12f, 1.2f, 1.3f, 1.45f, 1.7f, 2];

    /// <summary>
    /// The half as a float; <paramref name="chosen"/> gets the integers, between <paramref name="least"/> and <paramref name="most"/>.
    /// </summary>
    public static float Find<T>(T levels, float* x, float* w, int subBlocks, int length, int least, int most, int* chosen)
        where T : struct, ILevels
    {
        float* up = stackalloc float[MaxSubBlocks];
        float* down = stackalloc float[MaxSubBlocks];
        int* trial = stackalloc int[MaxSubBlocks];
        float largest = 0, reach = 0;
        for (int j = 0; j < subBlocks; j++)
        {
            chosen[j] = 0;
            up[j] = ScaleSearch.Find(levels, x + j * length, w + j * length, length, upward: true);
            down[j] = ScaleSearch.Find(levels, x + j * length, w + j * length, length, upward: false);
            var both = Fit.Error(levels, x + j * length, w + j * length, length, Vector512.Create(Vector256.Create(up[j]), Vector256.Create(down[j])));
            float own = both[0] <= both[8] ? up[j] : down[j];
            if (MathF.Abs(own) > MathF.Abs(largest)) largest = own;
            reach = MathF.Max(reach, MathF.Abs(Fit.Extreme(x + j * length, length)) / MathF.Max(-levels.Low, levels.High));
        }

        float best = 0, bestError = Fit.Square(x, w, subBlocks * length);
        if (largest == 0) return 0;
        foreach (float place in Places) Try(largest / (least * place));
        // A lone outlier is as well served by a small level of a large scale as by the outermost of the smallest that reaches it, but the
        // other sub-blocks want the latter.
        if (reach < 0.98f * MathF.Abs(largest))
            foreach (float place in Places) Try(MathF.CopySign(reach, largest) / (least * place));
        Try(largest / most);
        for (int i = 0; i < 5; i++)
            if (!Try(LeastSquares())) break;
        return best;

        bool Try(float factor)
        {
            float half = Fit.Half(factor), error = 0;
            if (half == 0) half = MathF.CopySign(SmallestHalf, factor);
            if (!float.IsFinite(half)) return false;
            for (int j = 0; j < subBlocks; j++)
            {
                // Around the best scale of either sign: the integers 4 below to 3 above.
                var ideal = Vector512.Create(Vector256.Create(up[j]), Vector256.Create(down[j])) / half;
                var around = Vector512.Create(Vector256.CreateSequence(-4f, 1), Vector256.CreateSequence(-4f, 1));
                var integers = Clamp(Vector512.Round(Clamp(ideal)) + around);
                var errors = Fit.Error(levels, x + j * length, w + j * length, length, integers * half);
                int smallest = Math.Max(Fit.Greatest(-errors, float.NegativeInfinity), 0);
                trial[j] = (int)integers[smallest];
                error += errors[smallest];
                if (!(error < bestError)) return false;
            }

            (best, bestError) = (half, error);
            for (int j = 0; j < subBlocks; j++) chosen[j] = trial[j];
            return true;
        }

        Vector512<float> Clamp(Vector512<float> v) => Vector512.Min(Vector512.Max(v, Vector512.Create((float)least)), Vector512.Create((float)most));

        float LeastSquares()
        {
            double xl = 0, ll = 0;
            for (int j = 0; j < subBlocks; j++)
            {
                var inverse = Fit.Inverse(Vector512.Create(best * chosen[j]));
                var moments = Fit.Moments(levels, x + j * length, w + j * length, length, inverse);
                xl += (double)moments.Xl[0] * chosen[j];
                ll += (double)moments.Ll[0] * chosen[j] * chosen[j];
            }

            return ll > 0 ? (float)(xl / ll) : best;
        }
    }
}
