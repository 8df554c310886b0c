using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <summary>Exponential and its family, lane by lane, from additions, multiplications, divisions and shifts only: the same bits everywhere.</summary>
internal static class LaneFunctions<L>
    where L : unmanaged, ILanes<L>
{
    private const int SignBit = int.MinValue, Magnitude = int.MaxValue;

    private static L One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Create(1f);
    }

    /// <summary>
    /// eˣ within 1 ulp (2 where the result is subnormal): x = n·ln 2 + r, |r| ≤ 0.35, a polynomial of degree 7 for eʳ (coefficients of
    /// Cephes' <c>expf</c>), the exponent put in by two exact factors so that results below 2⁻¹²⁶ round like all others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Exp(L x)
    {
        // Beyond these the result is ∞ or 0; comparisons leave NaN as it is.
        x = L.Select(L.GreaterThan(x, L.Create(89f)), L.Create(89f), x);
        x = L.Select(L.GreaterThan(L.Create(-105f), x), L.Create(-105f), x);
        // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
        var magic = L.Create(12582912f);
        var shifted = L.MultiplyAdd(x, L.Create(1.44269504f), magic);
        var n = shifted - magic;
        var r = L.MultiplyAdd(n, L.Create(-0.693147182464599609375f), x);
        r = L.MultiplyAdd(n, L.Create(1.904654299957767878541823432e-9f), r);
        var p = L.MultiplyAdd(L.Create(1.9875691500e-4f), r, L.Create(1.3981999507e-3f));
        p = L.MultiplyAdd(p, r, L.Create(8.3334519073e-3f));
        p = L.MultiplyAdd(p, r, L.Create(4.1665795894e-2f));
        p = L.MultiplyAdd(p, r, L.Create(1.6666665459e-1f));
        p = L.MultiplyAdd(p, r, L.Create(5.0000001201e-1f));
        p = L.MultiplyAdd(p, r * r, r) + One;
        var whole = L.SubtractBits(shifted, magic);
        var half = L.ShiftRightSignedBits(whole, 1);
        return p * PowerOfTwo(half) * PowerOfTwo(L.SubtractBits(whole, half));
    }

    /// <summary>σ(x) = 1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Sigmoid(L x) => Logistic(x).Value;

    /// <summary>σ(x) and 1 − σ(x) = σ(−x), both to a few ulp however small: from e^−|x|, so that nothing overflows or cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (L Value, L Complement) Logistic(L x)
    {
        var e = Exp(x | L.CreateBits(SignBit));
        var (large, small) = (One / (One + e), e / (One + e));
        var negative = L.ShiftRightSignedBits(x, 31);
        return (L.Select(negative, small, large), L.Select(negative, large, small));
    }

    /// <summary>tanh x within 2 ulp: an odd polynomial (Cephes' <c>tanhf</c>) below 0.625, 1 − 2 / (e²ˣ + 1) above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Tanh(L x)
    {
        var sign = x & L.CreateBits(SignBit);
        var a = x & L.CreateBits(Magnitude);
        var far = One - L.Create(2f) / (Exp(a + a) + One);
        var z = x * x;
        var p = L.MultiplyAdd(L.Create(-5.70498872745e-3f), z, L.Create(2.06390887954e-2f));
        p = L.MultiplyAdd(p, z, L.Create(-5.37397155531e-2f));
        p = L.MultiplyAdd(p, z, L.Create(1.33314422036e-1f));
        p = L.MultiplyAdd(p, z, L.Create(-3.33332819422e-1f));
        var near = L.MultiplyAdd(p * z, x, x);
        return L.Select(L.GreaterThan(L.Create(0.625f), a), near, far | sign);
    }

    /// <summary>erf x within 2 ulp: minimax polynomials, of x below 0.928 and of ln erfc above (after N. Juffa's <c>erff</c>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Erf(L x)
    {
        var sign = x & L.CreateBits(SignBit);
        var a = x & L.CreateBits(Magnitude);
        var s = x * x;
        // Above 4 the result is 1 in float32 and the polynomial has left its domain. NaN stays.
        var t = L.Select(L.GreaterThan(a, L.Create(4f)), L.Create(4f), a);
        var q = t * t;
        var r = L.MultiplyAdd(L.Create(-1.72853470e-5f), t, L.Create(3.83197126e-4f));
        var u = L.MultiplyAdd(L.Create(-3.88396438e-3f), t, L.Create(2.42546219e-2f));
        r = L.MultiplyAdd(r, q, u);
        r = L.MultiplyAdd(r, t, L.Create(-1.06777877e-1f));
        r = L.MultiplyAdd(r, t, L.Create(-6.34846687e-1f));
        r = L.MultiplyAdd(r, t, L.Create(-1.28717512e-1f));
        r = L.MultiplyAdd(r, t, t ^ L.CreateBits(SignBit));
        var far = (One - Exp(r)) | sign;
        var p = L.MultiplyAdd(L.Create(-5.96761703e-4f), s, L.Create(4.99119423e-3f));
        p = L.MultiplyAdd(p, s, L.Create(-2.67681349e-2f));
        p = L.MultiplyAdd(p, s, L.Create(1.12819925e-1f));
        p = L.MultiplyAdd(p, s, L.Create(-3.76125336e-1f));
        p = L.MultiplyAdd(p, s, L.Create(1.28379166e-1f));
        return L.Select(L.GreaterThan(a, L.Create(0.927734375f)), far, L.MultiplyAdd(p, x, x));
    }

    /// <summary>2ⁿ for integer lanes −126 … 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L PowerOfTwo(L n) => L.ShiftLeftBits(L.AddBits(n, L.CreateBits(127)), 23);
}
