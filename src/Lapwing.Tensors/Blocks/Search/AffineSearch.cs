using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// One scale and one minimum for n ≤ 32 elements: x ≈ scale · l + minimum with l in 0…top. Starts from 144 ranges that cut or widen either
/// end of the data's; each start is followed by weighted linear regression of x on its levels; then more starts around the best, twice;
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
        float spacing = 0.2f * MathF.Min(1, top / 8);
        for (int round = 0; round < 2; round++, spacing /= 4)
        {
            for (int i = 0; i < Moves; i++) cuts[i] = (i - 1.5f) * spacing;
            Around(bestLow, bestHigh, cuts, Moves);
        }

        for (int i = 0; i < 6; i++)
            if (!Measure(Fit.Inverse(Vector256.Create(bestScale)), Vector256.Create(bestMinimum), out _)) break;
        return (bestScale, bestMinimum);

        void Around(float aroundLow, float aroundHigh, float* moves, int count)
        {
            float* lows = stackalloc float[8];
            float* highs = stackalloc float[8];
            int filled = 0;
            for (int k = 0; k < count * count; k++)
            {
                float cutLow = aroundLow + moves[k / count], cutHigh = aroundHigh + moves[k % count];
                if (cutLow + cutHigh < 0.7f * top) (lows[filled], highs[filled++]) = (cutLow, cutHigh);
                if (filled < 8 && (k + 1 < count * count || filled == 0)) continue;
                for (; filled < 8; filled++) (lows[filled], highs[filled]) = (lows[0], highs[0]);
                var l = Vector256.Load(lows);
                var inverse = Vector256.Create(top) / (step * (Vector256.Create(top) - l - Vector256.Load(highs)));
                if (Measure(inverse, Vector256.Create(low) + l * step, out int lane)) (bestLow, bestHigh) = (lows[lane], highs[lane]);
                filled = 0;
            }
        }

        // The score is Σw(x − mean)² less the error.
        bool Measure(Vector256<float> inverse, Vector256<float> minimum, out int lane)
        {
            var (l, ll, yl) = Fit.AffineMoments(top, x, centred, w, n, inverse, minimum);
            var meanL = l / sumW;
            var variance = ll - meanL * l;
            var scale = yl / variance;
            var offset = Vector256.Create(mean) - scale * meanL;
            var scores = scale * yl;
            var usable = Vector256.GreaterThan(variance, 1e-6f * ll);
            if (nonPositive)
            {
                // Where regression wants a positive minimum, the best is 0 and x is fitted without one. So too where all levels are equal.
                var positive = Vector256.GreaterThan(Vector256.ConditionalSelect(usable, offset, Vector256.Create(mean)), Vector256<float>.Zero);
                var xl = yl + mean * l;
                var through = xl / ll;
                scale = Vector256.ConditionalSelect(positive, through, scale);
                scores = Vector256.ConditionalSelect(positive, through * xl - Vector256.Create(mean * mean * sumW), scores);
                offset = Vector256.ConditionalSelect(positive, Vector256<float>.Zero, offset);
                usable |= positive;
            }

            usable &= Vector256.GreaterThan(scale, Vector256<float>.Zero);
            lane = Fit.Greatest(Vector256.ConditionalSelect(usable, scores, Vector256.Create(float.NegativeInfinity)), score);
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
        float bestError = Fit.AffineError(top, x, w, n, Vector256<float>.Zero, Vector256.Create(bestMinimum)).Error[0];
        // The minimum that suits each rounded scale: move by the mean of what is left, a few times.
        float* minima = stackalloc float[8];
        for (int i = 0; i < 8; i++) minima[i] = Fit.Half(minimum);
        for (int round = 0; round < 4; round++)
        {
            var (errors, remainders) = Fit.AffineError(top, x, w, n, scales, Vector256.Load(minima));
            int lane = Fit.Greatest(-errors, -bestError);
            if (lane >= 0) (bestError, bestScale, bestMinimum) = (errors[lane], scales[lane], minima[lane]);
            for (int i = 0; i < 8; i++) minima[i] = Fit.Half(minima[i] + remainders[i] / sumW);
        }

        return (bestScale, bestMinimum);
    }
}
