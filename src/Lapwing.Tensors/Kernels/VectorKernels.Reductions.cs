using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <summary>The kernels over one kind of lanes. Reductions: sixteen lane sums in order, then the canonical tree.</summary>
internal sealed unsafe partial class VectorKernels<L> : VectorKernels
    where L : unmanaged, ILanes<L>
{
    private const int Width = LaneMath<L>.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override float Dot(float* a, float* b, long n)
    {
        float* buffer = stackalloc float[Width];
        var sum = LaneMath<L>.Zero;
        for (; n >= Width; n -= Width, a += Width, b += Width) sum = L.MultiplyAdd(L.Load(a), L.Load(b), sum);
        if (n > 0) sum = L.MultiplyAdd(LaneMath<L>.LoadPart(a, n, buffer), LaneMath<L>.LoadPart(b, n, buffer), sum);
        return LaneMath<L>.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override float DotHalf(float* a, ushort* b, long n)
    {
        float* buffer = stackalloc float[Width];
        var sum = LaneMath<L>.Zero;
        for (; n >= Width; n -= Width, a += Width, b += Width) sum = L.MultiplyAdd(L.Load(a), LaneHalves<L>.FromHalf(L.LoadShorts(b)), sum);
        if (n > 0) sum = L.MultiplyAdd(LaneMath<L>.LoadPart(a, n, buffer), LaneHalves<L>.FromHalf(LaneMath<L>.LoadShortsPart(b, n, buffer)), sum);
        return LaneMath<L>.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override float Sum(float* x, long n)
    {
        float* buffer = stackalloc float[Width];
        var sum = LaneMath<L>.Zero;
        for (; n >= Width; n -= Width, x += Width) sum += L.Load(x);
        if (n > 0) sum += LaneMath<L>.LoadPart(x, n, buffer);
        return LaneMath<L>.Sum(sum);
    }

    public override float SumOfSquares(float* x, long n) => Dot(x, x, n);

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override float Max(float* x, long n)
    {
        float* buffer = stackalloc float[Width];
        var max = L.Create(float.NegativeInfinity);
        for (; n >= Width; n -= Width, x += Width) max = LaneMath<L>.Max(L.Load(x), max);
        if (n > 0) max = LaneMath<L>.Max(LaneMath<L>.LoadPart(x, n, buffer, float.NegativeInfinity), max);
        L.Store(max, buffer);
        float result = buffer[0];
        for (int i = 1; i < Width; i++) result = buffer[i] > result ? buffer[i] : result;
        return result;
    }

    public override double LogSumExp(float* x, long n)
    {
        float max = Max(x, n);
        if (float.IsInfinity(max)) return max;
        return max + Math.Log(ExpSum(x, null, n, max));
    }

    public override void Softmax(float* x, long n)
    {
        if (n <= 0) return;
        double sum = ExpSum(x, x, n, Max(x, n));
        Scale(x, (float)(1 / sum), x, n);
    }

    /// <summary>Σ e^(x − max), and the terms to <paramref name="y"/> unless it is null. Lane sums carry their rounding errors along
    /// (Knuth's two-sum): a vocabulary of 50,000 would otherwise lose three digits of a likely token's loss.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static double ExpSum(float* x, float* y, long n, float max)
    {
        float* buffer = stackalloc float[2 * Width];
        L sum = LaneMath<L>.Zero, error = sum, shift = L.Create(max);
        for (; n >= Width; n -= Width, x += Width)
        {
            var term = LaneFunctions<L>.Exp(L.Load(x) - shift);
            Accumulate(term, ref sum, ref error);
            if (y is null) continue;
            L.Store(term, y);
            y += Width;
        }
        if (n > 0)
        {
            var term = LaneFunctions<L>.Exp(LaneMath<L>.LoadPart(x, n, buffer, float.NegativeInfinity) - shift);
            Accumulate(term, ref sum, ref error);
            if (y is not null) LaneMath<L>.StorePart(term, y, n, buffer);
        }
        L.Store(sum, buffer);
        L.Store(error, buffer + Width);
        double total = 0;
        for (int i = 0; i < 2 * Width; i++) total += buffer[i];
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(L term, ref L sum, ref L error)
    {
        var next = sum + term;
        var back = next - sum;
        error += (sum - (next - back)) + (term - back);
        sum = next;
    }
}
