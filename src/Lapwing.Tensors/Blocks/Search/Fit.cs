using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// The inner loops of every quantiser. Eight candidates are measured at once, one a lane, over n elements x with weights w: no sums across
/// lanes, and the same order on every machine (nor are products fused), so that every machine writes the same file.
/// </summary>
internal static unsafe class Fit
{
    /// <summary>Σ w·x·l and Σ w·l² for the levels l nearest to x · inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector256<float> Xl, Vector256<float> Ll) Moments<T>(T levels, float* x, float* w, int n, Vector256<float> inverse)
        where T : struct, ILevels
    {
        Vector256<float> xl = default, ll = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector256.Create(x[i]);
            var l = levels.Nearest(v * inverse);
            var wl = Vector256.Create(w[i]) * l;
            xl += wl * v;
            ll += wl * l;
        }

        return (xl, ll);
    }

    /// <summary>Σ w·(x − scale·l)² for the levels nearest at that scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Error<T>(T levels, float* x, float* w, int n, Vector256<float> scale)
        where T : struct, ILevels
    {
        var inverse = Inverse(scale);
        Vector256<float> error = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector256.Create(x[i]);
            var e = v - scale * levels.Nearest(v * inverse);
            error += Vector256.Create(w[i]) * e * e;
        }

        return error;
    }

    /// <summary>Σ w·l, Σ w·l² and Σ w·y·l for the integers l in 0…top nearest to (x − minimum) · inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector256<float> L, Vector256<float> Ll, Vector256<float> Yl) AffineMoments(
        float top, float* x, float* y, float* w, int n, Vector256<float> inverse, Vector256<float> minimum)
    {
        var levels = new UniformLevels(0, top);
        Vector256<float> sl = default, sll = default, syl = default;
        for (int i = 0; i < n; i++)
        {
            var l = levels.Nearest((Vector256.Create(x[i]) - minimum) * inverse);
            var wl = Vector256.Create(w[i]) * l;
            sl += wl;
            sll += wl * l;
            syl += wl * Vector256.Create(y[i]);
        }

        return (sl, sll, syl);
    }

    /// <summary>Σ w·e² and Σ w·e of e = x − scale·l − minimum for the nearest l in 0…top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector256<float> Error, Vector256<float> Remainder) AffineError(
        float top, float* x, float* w, int n, Vector256<float> scale, Vector256<float> minimum)
    {
        var inverse = Inverse(scale);
        var levels = new UniformLevels(0, top);
        Vector256<float> error = default, remainder = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector256.Create(x[i]) - minimum;
            var e = v - scale * levels.Nearest(v * inverse);
            var we = Vector256.Create(w[i]) * e;
            remainder += we;
            error += we * e;
        }

        return (error, remainder);
    }

    /// <summary>The nearest levels of n elements (a multiple of 8), as floats.</summary>
    public static void Assign<T>(T levels, float* x, int n, float scale, float minimum, float* assigned)
        where T : struct, ILevels
    {
        var inverse = Inverse(Vector256.Create(scale));
        var m = Vector256.Create(minimum);
        for (int i = 0; i < n; i += 8) levels.Nearest((Vector256.Load(x + i) - m) * inverse).Store(assigned + i);
    }

    /// <summary>1 / scale, or 0 where that is not finite: everything then takes the level nearest to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Inverse(Vector256<float> scale)
    {
        var inverse = Vector256<float>.One / scale;
        return inverse & Vector256.LessThanOrEqual(Vector256.Abs(inverse), Vector256.Create(float.MaxValue));
    }

    /// <summary>The lane with the greatest value above <paramref name="floor"/>, or −1.</summary>
    public static int Greatest(Vector256<float> values, float floor)
    {
        if (!Vector256.GreaterThanAny(values, Vector256.Create(floor))) return -1;
        float* lanes = stackalloc float[8];
        values.Store(lanes);
        int best = -1;
        for (int i = 0; i < 8; i++)
            if (lanes[i] > floor) (best, floor) = (i, lanes[i]);
        return best;
    }

    /// <summary>Σ w·x².</summary>
    public static float Square(float* x, float* w, int n)
    {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += w[i] * x[i] * x[i];
        return sum;
    }

    /// <summary>The element of largest magnitude, with its sign.</summary>
    public static float Extreme(float* x, int n)
    {
        float extreme = 0;
        for (int i = 0; i < n; i++)
            if (MathF.Abs(x[i]) > MathF.Abs(extreme)) extreme = x[i];
        return extreme;
    }

    /// <summary>The half nearest to <paramref name="value"/> as a float: what a file's scale will be.</summary>
    public static float Half(float value) => HalfFloat.ToSingle(HalfFloat.FromSingle(value));
}
