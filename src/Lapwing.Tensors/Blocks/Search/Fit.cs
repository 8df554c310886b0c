using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>
/// The inner loops of every quantiser. Sixteen candidates are measured at once, one a lane, over n elements x with weights w: no sums across
/// lanes, and the same order on every machine (nor are products fused), so that every machine writes the same file.
/// </summary>
internal static unsafe class Fit
{
    /// <summary>How many candidates go together.</summary>
    public const int Lanes = 16;

    /// <summary>Σ w·x·l and Σ w·l² for the levels l nearest to x · inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector512<float> Xl, Vector512<float> Ll) Moments<T>(T levels, float* x, float* w, int n, Vector512<float> inverse)
        where T : struct, ILevels
    {
        Vector512<float> xl = default, ll = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector512.Create(x[i]);
            var l = levels.Nearest(v * inverse);
            var wl = Vector512.Create(w[i]) * l;
            xl += wl * v;
            ll += wl * l;
        }

        return (xl, ll);
    }

    /// <summary>Σ w·(x − scale·l)² for the levels nearest at that scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> Error<T>(T levels, float* x, float* w, int n, Vector512<float> scale)
        where T : struct, ILevels
    {
        var inverse = Inverse(scale);
        Vector512<float> error = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector512.Create(x[i]);
            var e = v - scale * levels.Nearest(v * inverse);
            error += Vector512.Create(w[i]) * e * e;
        }

        return error;
    }

    /// <summary>Σ w·l, Σ w·l² and Σ w·y·l for the integers l in 0…top nearest to (x − minimum) · inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector512<float> L, Vector512<float> Ll, Vector512<float> Yl) AffineMoments(
        float top, float* x, float* y, float* w, int n, Vector512<float> inverse, Vector512<float> minimum)
    {
        var levels = new UniformLevels(0, top);
        Vector512<float> sl = default, sll = default, syl = default;
        for (int i = 0; i < n; i++)
        {
            var l = levels.Nearest((Vector512.Create(x[i]) - minimum) * inverse);
            var wl = Vector512.Create(w[i]) * l;
            sl += wl;
            sll += wl * l;
            syl += wl * Vector512.Create(y[i]);
        }

        return (sl, sll, syl);
    }

    /// <summary>Σ w·e² and Σ w·e of e = x − scale·l − minimum for the nearest l in 0…top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (Vector512<float> Error, Vector512<float> Remainder) AffineError(
        float top, float* x, float* w, int n, Vector512<float> scale, Vector512<float> minimum)
    {
        var inverse = Inverse(scale);
        var levels = new UniformLevels(0, top);
        Vector512<float> error = default, remainder = default;
        for (int i = 0; i < n; i++)
        {
            var v = Vector512.Create(x[i]) - minimum;
            var e = v - scale * levels.Nearest(v * inverse);
            var we = Vector512.Create(w[i]) * e;
            remainder += we;
            error += we * e;
        }

        return (error, remainder);
    }

    /// <summary>The nearest levels of n elements (a multiple of 16), as floats.</summary>
    public static void Assign<T>(T levels, float* x, int n, float scale, float minimum, float* assigned)
        where T : struct, ILevels
    {
        var inverse = Inverse(Vector512.Create(scale));
        var m = Vector512.Create(minimum);
        for (int i = 0; i < n; i += Lanes) levels.Nearest((Vector512.Load(x + i) - m) * inverse).Store(assigned + i);
    }

    /// <summary>1 / scale, or 0 where that is not finite: everything then takes the level nearest to zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Inverse(Vector512<float> scale)
    {
        var inverse = Vector512<float>.One / scale;
        return inverse & Vector512.LessThanOrEqual(Vector512.Abs(inverse), Vector512.Create(float.MaxValue));
    }

    /// <summary>The lane with the greatest value above <paramref name="floor"/>, or −1.</summary>
    public static int Greatest(Vector512<float> values, float floor)
    {
        if (!Vector512.GreaterThanAny(values, Vector512.Create(floor))) return -1;
        float* lanes = stackalloc float[Lanes];
        values.Store(lanes);
        int best = -1;
        for (int i = 0; i < Lanes; i++)
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
    public static float Half(float value) => Half(Vector512.CreateScalar(value)).ToScalar();

    /// <inheritdoc cref="Half(float)"/>
    public static Vector512<float> Half(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        var sign = bits & Vector512.Create(0x80000000u);
        var magnitude = bits ^ sign;
        // Ties to even at the thirteenth bit; below 2⁻¹⁴ halves are the multiples of 2⁻²⁴, as floats in [½, 1) are.
        var normal = (magnitude + Vector512.Create(0xfffu) + ((magnitude >>> 13) & Vector512<uint>.One)) & Vector512.Create(~0x1fffu);
        var half = Vector512.Create(0.5f);
        var subnormal = (magnitude.AsSingle() + half) - half;
        var small = Vector512.LessThan(magnitude.AsSingle(), Vector512.Create(6.103515625e-5f));
        var rounded = Vector512.ConditionalSelect(small, subnormal, normal.AsSingle());
        var infinite = Vector512.GreaterThan(rounded, Vector512.Create(65504f));
        return Vector512.ConditionalSelect(infinite, Vector512.Create(float.PositiveInfinity), rounded) | sign.AsSingle();
    }
}
