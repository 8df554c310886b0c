using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// A super-block of sub-blocks scale · s · l − minimum · m: two halves and, for each sub-block, two small unsigned integers s and m. As
/// <see cref="SuperBlockSearch"/>, with both integers of a sub-block chosen together and both halves moved together.
/// </summary>
internal static unsafe class AffineSuperBlockSearch
{
    private const int MaxSubBlocks = 16;

    // Where the largest sub-block scale (and minimum) is laid, as a part of the integers' range.
    private static ReadOnlySpan<float> Places => [1, 0.97f, 1.03f, 1.1f, 1.25f, 1.5f, 2];

    // Pairs tried for a sub-block: s away from its own best, m away from what suits that s.
    private static ReadOnlySpan<int> ScaleMoves => [-2, -1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, -2, 0];

    private static ReadOnlySpan<int> MinimumMoves => [0, -1, 0, 1, -2, -1, 0, 1, 2, -1, 0, 1, 0, -1, 1, 3];

    /// <summary>
    /// The two halves as floats; <paramref name="s"/> and <paramref name="m"/> get the integers in 0…<paramref name="most"/>.
    /// Levels are 0…<paramref name="top"/>.
    /// </summary>
    public static (float Scale, float Minimum) Find(float top, float* x, float* w, int subBlocks, int length, int most, int* s, int* m)
    {
        float* scales = stackalloc float[MaxSubBlocks];
        float* minima = stackalloc float[MaxSubBlocks];
        float* weights = stackalloc float[MaxSubBlocks];
        int* trialS = stackalloc int[MaxSubBlocks];
        int* trialM = stackalloc int[MaxSubBlocks];
        float largestScale = 0, largestMinimum = 0, reach = 0;
        for (int j = 0; j < subBlocks; j++)
        {
            s[j] = m[j] = 0;
            var (scale, minimum) = AffineSearch.Find(top, x + j * length, w + j * length, length, nonPositive: true);
            (scales[j], minima[j], weights[j]) = (scale, -minimum, 0);
            for (int i = 0; i < length; i++) weights[j] += w[j * length + i];
            largestScale = MathF.Max(largestScale, scale);
            largestMinimum = MathF.Max(largestMinimum, -minimum);
            float low = 0, high = 0;
            for (int i = 0; i < length; i++)
            {
                low = MathF.Min(low, x[j * length + i]);
                high = MathF.Max(high, x[j * length + i]);
            }

            reach = MathF.Max(reach, (high - low) / top);
        }

        float best = 0, bestMinimum = 0, bestError = Fit.Square(x, w, subBlocks * length);
        if (bestError == 0) return (0, 0);
        // 63 integers are fine enough not to care where they lie.
        var places = most > 15 ? Places[..4] : Places;
        float unit = largestScale / most, unitMinimum = largestMinimum / most, placed = unit;
        foreach (float place in places)
            if (Try(unit / place, unitMinimum)) placed = unit / place;
        // As in SuperBlockSearch: the smallest scale that spans the widest sub-block.
        foreach (float place in places)
            if (reach < 0.98f * largestScale && Try(reach / (most * place), unitMinimum)) placed = reach / (most * place);
        foreach (float place in places[1..]) Try(placed, unitMinimum / place);
        for (int i = 0; i < 6; i++)
        {
            var (scale, minimum) = LeastSquares();
            if (!(scale > 0) || !(minimum >= 0) || !Try(scale, minimum)) break;
        }

        return (best, bestMinimum);

        bool Try(float scale, float minimum)
        {
            float a = Round(scale), b = Round(minimum), error = 0;
            if (!float.IsFinite(a) || !float.IsFinite(b)) return false;
            for (int j = 0; j < subBlocks; j++)
            {
                error += Choose(j, a, b);
                if (!(error < bestError)) return false;
            }

            (best, bestMinimum, bestError) = (a, b, error);
            for (int j = 0; j < subBlocks; j++) (s[j], m[j]) = (trialS[j], trialM[j]);
            return true;
        }

        // The pair of integers for sub-block j that errs least.
        float Choose(int j, float a, float b)
        {
            float smallest = float.PositiveInfinity;
            int centre = Nearest(scales[j], a, most), middle = Nearest(minima[j], b, most);
            var zero = Vector512<float>.Zero;
            var highest = Vector512.Create((float)most);
            var remainder = Measure(Clamp(Vector512.Create(centre - 2f) + Vector512.CreateSequence(0f, 1)), Vector512.Create((float)middle));
            var suited = b > 0 ? Vector512.Round(Clamp(Vector512.Create((float)middle) - remainder / (weights[j] * b))) : zero;
            var moves = Vector512.Create(ScaleMoves);
            var minimaFor = Vector512.Shuffle(suited, moves + Vector512.Create(2));
            Measure(Clamp(Vector512.Create((float)centre) + Vector512.ConvertToSingle(moves)),
                b > 0 ? Clamp(minimaFor + Vector512.ConvertToSingle(Vector512.Create(MinimumMoves))) : zero);
            return smallest;

            Vector512<float> Clamp(Vector512<float> v) => Vector512.Min(Vector512.Max(v, zero), highest);

            Vector512<float> Measure(Vector512<float> tryS, Vector512<float> tryM)
            {
                var (errors, remainders) = Fit.AffineError(top, x + j * length, w + j * length, length, tryS * a, tryM * -b);
                int lane = Fit.Greatest(-errors, -smallest);
                if (lane >= 0) (smallest, trialS[j], trialM[j]) = (errors[lane], (int)tryS[lane], (int)tryM[lane]);
                return remainders;
            }
        }

        // The halves that minimise Σ w (x − scale·s·l + minimum·m)² for the integers chosen so far.
        (float Scale, float Minimum) LeastSquares()
        {
            double uu = 0, uv = 0, vv = 0, xu = 0, xv = 0;
            for (int j = 0; j < subBlocks; j++)
            {
                float* xs = x + j * length;
                var inverse = Fit.Inverse(Vector512.Create(best * s[j]));
                var (l, ll, xl) = Fit.AffineMoments(top, xs, xs, w + j * length, length, inverse, Vector512.Create(-(bestMinimum * m[j])));
                double sumX = 0;
                for (int i = 0; i < length; i++) sumX += w[j * length + i] * xs[i];
                uu += (double)ll[0] * s[j] * s[j];
                uv += (double)l[0] * s[j] * m[j];
                vv += (double)weights[j] * m[j] * m[j];
                xu += (double)xl[0] * s[j];
                xv += sumX * m[j];
            }

            double determinant = uu * vv - uv * uv;
            if (determinant > 1e-9 * uu * vv)
                return ((float)((xu * vv - xv * uv) / determinant), (float)((xu * uv - xv * uu) / determinant));
            return (uu > 0 ? (float)(xu / uu) : 0, bestMinimum);
        }
    }

    private static int Nearest(float value, float unit, int most) =>
        unit > 0 ? (int)MathF.Round(Math.Clamp(value / unit, 0, most)) : 0;

    private static float Round(float value) => value > 0 ? MathF.Max(Fit.Half(value), SuperBlockSearch.SmallestHalf) : 0;
}
