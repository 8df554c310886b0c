using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>One vector against many rows, as attention does with keys and values: four rows or 64 columns stay in registers.</content>
internal sealed unsafe partial class VectorKernels<L>
{
    private interface IRow<TElement>
        where TElement : unmanaged
    {
        static abstract L Load(TElement* source);

        static abstract L LoadPart(TElement* source, long count, float* buffer);
    }

    public override void DotRows(float* x, float* rows, long stride, int count, long n, float* y) =>
        DotAll<float, FloatRow>(x, rows, stride, count, n, y);

    public override void DotRowsHalf(float* x, ushort* rows, long stride, int count, long n, float* y) =>
        DotAll<ushort, HalfRow>(x, rows, stride, count, n, y);

    public override void DotRowsBFloat16(float* x, ushort* rows, long stride, int count, long n, float* y) =>
        DotAll<ushort, BFloat16Row>(x, rows, stride, count, n, y);

    public override void AddRows(float* y, float* weights, float* rows, long stride, int count, long n) =>
        AddAll<float, FloatRow>(y, weights, rows, stride, count, n);

    public override void AddRowsHalf(float* y, float* weights, ushort* rows, long stride, int count, long n) =>
        AddAll<ushort, HalfRow>(y, weights, rows, stride, count, n);

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void DotAll<TElement, TRow>(float* x, TElement* rows, long stride, int count, long n, float* y)
        where TElement : unmanaged
        where TRow : struct, IRow<TElement>
    {
        float* buffer = stackalloc float[Width];
        long whole = n & ~(Width - 1L);
        int done = 0;
        for (; done + 4 <= count; done += 4, rows += 4 * stride)
        {
            L a = LaneMath<L>.Zero, b = a, c = a, d = a;
            TElement* r0 = rows, r1 = rows + stride, r2 = r1 + stride, r3 = r2 + stride;
            for (long k = 0; k < whole; k += Width)
            {
                var v = L.Load(x + k);
                a = L.MultiplyAdd(v, TRow.Load(r0 + k), a);
                b = L.MultiplyAdd(v, TRow.Load(r1 + k), b);
                c = L.MultiplyAdd(v, TRow.Load(r2 + k), c);
                d = L.MultiplyAdd(v, TRow.Load(r3 + k), d);
            }
            if (whole < n)
            {
                var v = LaneMath<L>.LoadPart(x + whole, n - whole, buffer);
                a = L.MultiplyAdd(v, TRow.LoadPart(r0 + whole, n - whole, buffer), a);
                b = L.MultiplyAdd(v, TRow.LoadPart(r1 + whole, n - whole, buffer), b);
                c = L.MultiplyAdd(v, TRow.LoadPart(r2 + whole, n - whole, buffer), c);
                d = L.MultiplyAdd(v, TRow.LoadPart(r3 + whole, n - whole, buffer), d);
            }
            var sums = LaneMath<L>.Sum(a, b, c, d);
            *(System.Runtime.Intrinsics.Vector128<float>*)(y + done) = sums;
        }
        for (; done < count; done++, rows += stride)
        {
            var sum = LaneMath<L>.Zero;
            for (long k = 0; k < whole; k += Width) sum = L.MultiplyAdd(L.Load(x + k), TRow.Load(rows + k), sum);
            if (whole < n) sum = L.MultiplyAdd(LaneMath<L>.LoadPart(x + whole, n - whole, buffer), TRow.LoadPart(rows + whole, n - whole, buffer), sum);
            y[done] = LaneMath<L>.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void AddAll<TElement, TRow>(float* y, float* weights, TElement* rows, long stride, int count, long n)
        where TElement : unmanaged
        where TRow : struct, IRow<TElement>
    {
        float* buffer = stackalloc float[Width];
        for (; n >= 4 * Width; n -= 4 * Width, y += 4 * Width, rows += 4 * Width)
        {
            L a = L.Load(y), b = L.Load(y + Width), c = L.Load(y + 2 * Width), d = L.Load(y + 3 * Width);
            var row = rows;
            for (int j = 0; j < count; j++, row += stride)
            {
                var weight = L.Create(weights[j]);
                a = L.MultiplyAdd(weight, TRow.Load(row), a);
                b = L.MultiplyAdd(weight, TRow.Load(row + Width), b);
                c = L.MultiplyAdd(weight, TRow.Load(row + 2 * Width), c);
                d = L.MultiplyAdd(weight, TRow.Load(row + 3 * Width), d);
            }
            L.Store(a, y);
            L.Store(b, y + Width);
            L.Store(c, y + 2 * Width);
            L.Store(d, y + 3 * Width);
        }
        for (; n >= Width; n -= Width, y += Width, rows += Width)
        {
            var sum = L.Load(y);
            for (int j = 0; j < count; j++) sum = L.MultiplyAdd(L.Create(weights[j]), TRow.Load(rows + j * stride), sum);
            L.Store(sum, y);
        }
        if (n > 0)
        {
            var sum = LaneMath<L>.LoadPart(y, n, buffer);
            for (int j = 0; j < count; j++) sum = L.MultiplyAdd(L.Create(weights[j]), TRow.LoadPart(rows + j * stride, n, buffer), sum);
            LaneMath<L>.StorePart(sum, y, n, buffer);
        }
    }

    private readonly struct FloatRow : IRow<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(float* source) => L.Load(source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L LoadPart(float* source, long count, float* buffer) => LaneMath<L>.LoadPart(source, count, buffer);
    }

    private readonly struct HalfRow : IRow<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(ushort* source) => LaneHalves<L>.FromHalf(L.LoadShorts(source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L LoadPart(ushort* source, long count, float* buffer) => LaneHalves<L>.FromHalf(LaneMath<L>.LoadShortsPart(source, count, buffer));
    }

    private readonly struct BFloat16Row : IRow<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(ushort* source) => LaneHalves<L>.FromBFloat16(L.LoadShorts(source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L LoadPart(ushort* source, long count, float* buffer) =>
            LaneHalves<L>.FromBFloat16(LaneMath<L>.LoadShortsPart(source, count, buffer));
    }
}
