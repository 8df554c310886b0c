using System.Runtime.Intrinsics;

namespace Lapwing.Generation.Sampling;

/// <summary>
/// exp and log from additions and multiplications alone, in one fixed order. The C libraries behind <see cref="Math"/> differ in the last
/// bit from platform to platform, and one bit is enough to move a threshold and let the same seed say something else.
/// </summary>
internal static class PortableMath
{
    private const double Ln2High = 6.93147180369123816490e-01; // 33 bits of ln 2: k·Ln2High is exact for |k| < 2^20
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double Log2E = 1.44269504088896338700;

    // 1/13! … 1/0!: with |r| ≤ ½ ln 2 the next term is below 5e-18.
    private static ReadOnlySpan<double> InverseFactorials =>
    [
        1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07, 2.7557319223985893e-06,
        2.48015873015873e-05, 1.984126984126984e-04, 1.388888888888889e-03, 8.333333333333333e-03, 4.1666666666666664e-02,
        1.6666666666666666e-01, 0.5, 1.0, 1.0,
    ];

    /// <summary>eˣ; 0 below −708, +∞ above 709.</summary>
    public static double Exp(double x)
    {
        if (!(x >= -708.0)) return double.IsNaN(x) ? x : 0.0;
        if (x > 709.0) return double.PositiveInfinity;
        double k = Math.Floor(x * Log2E + 0.5);
        double r = x - k * Ln2High - k * Ln2Low;
        double sum = 0.0;
        foreach (double c in InverseFactorials) sum = sum * r + c;
        return sum * BitConverter.Int64BitsToDouble(((long)k + 1023) << 52);
    }

    /// <summary>ln x; −∞ at 0, NaN below.</summary>
    public static double Log(double x)
    {
        if (!(x > 0.0)) return x == 0.0 ? double.NegativeInfinity : double.NaN;
        if (double.IsPositiveInfinity(x)) return x;
        int exponent = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984.0; // 2^54 lifts a subnormal
            exponent = -54;
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | (1023L << 52));
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }

        // ln m = 2·artanh s; s² ≤ 0.0295, so twelve terms leave less than 1e-19.
        double s = (m - 1.0) / (m + 1.0), square = s * s, sum = 0.0;
        for (int n = 23; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
        return exponent * Ln2High + (2.0 * s * sum + exponent * Ln2Low);
    }

    /// <summary>xʸ for x ≥ 0.</summary>
    public static double Pow(double x, double y) => y == 0.0 ? 1.0 : Exp(y * Log(x));

    /// <summary>
    /// values[i] ← e^(values[i] − shift), 0 below e^−87, and their sum. <paramref name="values"/> holds a multiple of 8 elements;
    /// eight lanes whatever the machine has, so that the sum's order is the same everywhere. Relative error below 2e-7 (Cephes expf).
    /// </summary>
    public static double ExpAndSum(Span<float> values, float shift)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        Vector256<float> by = Vector256.Create(shift), least = Vector256.Create(-87f), magic = Vector256.Create(12582912f); // 1.5·2^23: adding rounds
        for (int i = 0; i < values.Length; i += 8)
        {
            Span<float> at = values.Slice(i, 8);
            Vector256<float> given = Vector256.Create<float>(at) - by;
            Vector256<float> x = Vector256.Max(given, least);
            Vector256<float> k = x * Vector256.Create(1.44269504f) + magic - magic;
            Vector256<float> r = x - k * Vector256.Create(0.693359375f) + k * Vector256.Create(2.12194440e-4f);
            Vector256<float> p = Vector256.Create(1.9875691500e-4f);
            p = p * r + Vector256.Create(1.3981999507e-3f);
            p = p * r + Vector256.Create(8.3334519073e-3f);
            p = p * r + Vector256.Create(4.1665795894e-2f);
            p = p * r + Vector256.Create(1.6666665459e-1f);
            p = p * r + Vector256.Create(5.0000001201e-1f);
            p = p * (r * r) + r + Vector256<float>.One;
            Vector256<float> power = Vector256.ShiftLeft(Vector256.ConvertToInt32(k) + Vector256.Create(127), 23).AsSingle();
            p = Vector256.ConditionalSelect(Vector256.LessThan(given, least), Vector256<float>.Zero, p * power);
            p.CopyTo(at);
            low += Vector256.WidenLower(p);
            high += Vector256.WidenUpper(p);
        }

        Vector256<double> sum = low + high;
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}
