using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// One scale for n elements without an offset. For fixed levels the best scale is a quotient of sums (least squares); which levels are
/// nearest depends on the scale. So: many starting scales around the one that just reaches the extreme element (far smaller ones too: it may
/// carry little weight), each followed by one least-squares step; then more around the best; then steps until the levels stand still.
/// </summary>
internal static unsafe class ScaleSearch
{
    private const int Coarse = 48, Fine = Fit.Lanes;

    /// <summary>
    /// The best scale (unrounded) for which the extreme element has a positive level (<paramref name="upward"/>) or a negative one; 0 where
    /// all elements are 0.
    /// </summary>
    public static float Find<T>(T levels, float* x, float* w, int n, bool upward)
        where T : struct, ILevels
    {
        float extreme = Fit.Extreme(x, n);
        if (extreme == 0) return 0;
        float reach = upward ? levels.High : levels.Low;
        float unit = reach / extreme, best = extreme / reach, score = 0;
        if (!float.IsFinite(unit)) return best;
        // In units of the inverse scale: below 1 leaves levels unused, above 1 cuts the extreme off.
        float first = 1 - 1.2f / MathF.Sqrt(levels.Fineness), last = 1.25f + 2 / levels.Fineness;
        float step = (last - first) / (Coarse - 1), centre = 1;
        for (int i = 0; i < Coarse; i += Fit.Lanes) Try(first + i * step, step);
        float from = centre - step, finer = 2 * step / (Fine + 1);
        Try(from + finer, finer);
        for (int i = 0; i < 4; i++)
            if (!Measure(Fit.Inverse(Vector512.Create(best)), out _)) break;
        return best;

        void Try(float start, float spacing)
        {
            var factors = Vector512.Create(start) + Vector512.CreateSequence(0f, 1) * spacing;
            if (Measure(factors * unit, out int lane)) centre = factors[lane];
        }

        // The error is Σwx² − Σwxl² / Σwl².
        bool Measure(Vector512<float> inverse, out int lane)
        {
            var (xl, ll) = Fit.Moments(levels, x, w, n, inverse);
            var scale = xl / ll;
            var scores = scale * xl;
            lane = Fit.Greatest(scores, score);
            if (lane < 0) return false;
            (best, score) = (scale[lane], scores[lane]);
            return true;
        }
    }

    /// <summary>The best scale that a half can hold, of either sign.</summary>
    public static float FindHalf<T>(T levels, float* x, float* w, int n)
        where T : struct, ILevels
    {
        float best = 0, error = Fit.Error(levels, x, w, n, Vector512<float>.Zero)[0];
        for (int side = 0; side < 2; side++)
        {
            float found = Find(levels, x, w, n, side == 0);
            if (found == 0) continue;
            var halves = Halves(found);
            var errors = Fit.Error(levels, x, w, n, halves);
            int lane = Fit.Greatest(-errors, -error);
            if (lane >= 0) (best, error) = (halves[lane], errors[lane]);
        }

        return best;
    }

    /// <summary>The sixteen halves around <paramref name="value"/>, none of another sign or infinite, as floats.</summary>
    public static Vector512<float> Halves(float value)
    {
        // A half's last place is 2⁻¹¹ to 2⁻¹⁰ of it: steps of 2⁻¹¹ visit eight to sixteen; subnormals are further apart, 2⁻²⁴.
        float last = MathF.Max(MathF.Abs(value) / 2048, SuperBlockSearch.SmallestHalf);
        var around = Vector512.Create(MathF.Abs(value)) + (Vector512.CreateSequence(0f, 1) - Vector512.Create(7.5f)) * last;
        var halves = Fit.Half(Vector512.Min(Vector512.Max(around, Vector512<float>.Zero), Vector512.Create(65504f)));
        return value < 0 ? -halves : halves;
    }
}
