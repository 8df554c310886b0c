using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// One scale and one minimum for n ≤ 32 elements: x ≈ scale · l + minimum with l in 0…top. Starts from 144 ranges that cut or widen either
/// end of the data's; each start is followed by weighted linear regression of x on its levels; then more starts around the best, thrice;
/// then regressions until the levels stand still.
/// </summary>
internal static unsafe class AffineSearch
{
    private const int Cuts = 12, Moves = 4;

    /// <summary>The best scale and minimum, unrounded; where <paramref name="nonPositive"/>, the minimum is at most 0 (K-quants subtract it).</summary>
    public static (float Scale, float Minimum) Find(float top, float* x, float* w, int n, bool nonPositive)
    {
        float low = x[0], high = x[0], sumW = 0, sumX = 0;
        for (int i = 0; i < n; i++)
        {
            low = MathF.Min(low, x[i]);
            high = MathF.Max(high, x[i]);
            sumW += w[i];
            sumX += w[i] * x[i];
        }

        if (nonPositive) low = MathF.Min(low, 0);
        float step = (high - low) / top;
        if (!(step > 0) || !float.IsFinite(1 / step)) return (0, low);
        // Regression about the mean: sums of squares of far-off data would lose the little that varies.
        float mean = sumX / sumW;
        float* centred = stackalloc float[n];
        for (int i = 0; i < n; i++) centred[i] = x[i] - mean;
        float bestScale = step, bestMinimum = low, score = float.NegativeInfinity, bestLow = 0, bestHigh = 0;

        // Cuts in steps of the full range: dense up to two steps, which heavy tails want, then sparse up to a third of it.
        float* cuts = stackalloc float[Cuts];
        for (int i = 0; i < Cuts; i++)
        {
            float u = i / (Cuts - 1f);
            cuts[i] = -0.3f + 2.2f * MathF.Min(1, top / 8) * u + 0.3f * top * u * u * u;
        }

        Around(0, 0, cuts, Cuts);
        float spacing = 0.6f * MathF.Min(1, top / 8);
        for (int round = 0; round < 3; round++, spacing /= 3)
        {
            for (int i = 0; i < Moves; i++) cuts[i] = (i - 1.5f) * spacing;
            Around(bestLow, bestHigh, cuts, Moves);
        }

        for (int i = 0; i < 6; i++)
            if (!Measure(Fit.Inverse(Vector512.Create(bestScale)), Vector512.Create(bestMinimum), out _)) break;
        return (bestScale, bestMinimum);

        void Around(float aroundLow, float aroundHigh, float* moves, int count)
        {
            float* lows = stackalloc float[Cuts * Cuts + Fit.Lanes];
            float* highs = stackalloc float[Cuts * Cuts + Fit.Lanes];
            int filled = 0;
            for (int i = 0; i < count; i++)
                for (int j = 0; j < count; j++)
                {
                    (lows[filled], highs[filled]) = (aroundLow + moves[i], aroundHigh + moves[j]);
                    if (lows[filled] + highs[filled] < 0.7f * top) filled++;
                }

            for (int i = filled; i < filled + Fit.Lanes; i++) (lows[i], highs[i]) = (0, 0);
            for (int i = 0; i < filled; i += Fit.Lanes)
            {
                var l = Vector512.Load(lows + i);
                var inverse = Vector512.Create(top) / (step * (Vector512.Create(top) - l - Vector512.Load(highs + i)));
                if (Measure(inverse, Vector512.Create(low) + l * step, out int lane)) (bestLow, bestHigh) = (lows[i + lane], highs[i + lane]);
            }
        }

        // The score is Σw(x − mean)² less the error.
        bool Measure(Vector512<float> inverse, Vector512<float> minimum, out int lane)
        {
            var (l, ll, yl) = Fit.AffineMoments(top, x, centred, w, n, inverse, minimum);
            var meanL = l / sumW;
            var variance = ll - meanL * l;
            var scale = yl / variance;
            var offset = Vector512.Create(mean) - scale * meanL;
            var scores = scale * yl;
            var usable = Vector512.GreaterThan(variance, 1e-6f * ll);
            if (nonPositive)
            {
                // Where regression wants a positive minimum, the best is 0 and x is fitted without one. So too where all levels are equal.
                var positive = Vector512.GreaterThan(Vector512.ConditionalSelect(usable, offset, Vector512.Create(mean)), Vector512<float>.Zero);
                var xl = yl + mean * l;
                var through = xl / ll;
                scale = Vector512.ConditionalSelect(positive, through, scale);
                scores = Vector512.ConditionalSelect(positive, through * xl - Vector512.Create(mean * mean * sumW), scores);
                offset = Vector512.ConditionalSelect(positive, Vector512<float>.Zero, offset);
                usable |= positive;
            }

            usable &= Vector512.GreaterThan(scale, Vector512<float>.Zero);
            lane = Fit.Greatest(Vector512.ConditionalSelect(usable, scores, Vector512.Create(float.NegativeInfinity)), score);
            if (lane < 0) return false;
            (bestScale, bestMinimum, score) = (scale[lane], offset[lane], scores[lane]);
            return true;
        }
    }

    /// <summary>The best scale and minimum that halves can hold.</summary>
    public static (float Scale, float Minimum) FindHalves(float top, float* x, float* w, int n)
    {
        var (scale, minimum) = Find(top, x, w, n, nonPositive: false);
        float sumW = 0;
        for (int i = 0; i < n; i++) sumW += w[i];
        var scales = ScaleSearch.Halves(scale);
        float bestScale = 0, bestMinimum = Fit.Half(minimum);
        float bestError = Fit.AffineError(top, x, w, n, Vector512<float>.Zero, Vector512.Create(bestMinimum)).Error[0];
        // The minimum that suits each rounded scale: move by the mean of what is left, a few times.
        var minima = Vector512.Create(bestMinimum);
        for (int round = 0; round < 4; round++)
        {
            var (errors, remainders) = Fit.AffineError(top, x, w, n, scales, minima);
            int lane = Fit.Greatest(-errors, -bestError);
            if (lane >= 0) (bestError, bestScale, bestMinimum) = (errors[lane], scales[lane], minima[lane]);
            var moved = Fit.Half(minima + remainders / sumW);
            if (Vector512.EqualsAll(moved, minima)) break;
            minima = moved;
        }

        return (bestScale, bestMinimum);
    }
}
