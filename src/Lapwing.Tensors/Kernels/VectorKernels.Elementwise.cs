using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>One element in, one out: a loop each over an operation that the JIT puts in line.</content>
internal sealed unsafe partial class VectorKernels<L>
{
    private interface IUnary
    {
        static abstract L Apply(L x);
    }

    private interface IBinary
    {
        static abstract L Apply(L a, L b);
    }

    public override void Add(float* a, float* b, float* y, long n) => Map<AddOperation>(a, b, y, n);

    public override void Subtract(float* a, float* b, float* y, long n) => Map<SubtractOperation>(a, b, y, n);

    public override void Multiply(float* a, float* b, float* y, long n) => Map<MultiplyOperation>(a, b, y, n);

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void MultiplyAdd(float* y, float* a, float* b, long n)
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, a += Width, b += Width, y += Width) L.Store(L.MultiplyAdd(L.Load(a), L.Load(b), L.Load(y)), y);
        if (n > 0)
        {
            var sum = L.MultiplyAdd(LaneMath<L>.LoadPart(a, n, buffer), LaneMath<L>.LoadPart(b, n, buffer), LaneMath<L>.LoadPart(y, n, buffer));
            LaneMath<L>.StorePart(sum, y, n, buffer);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void Axpy(float* y, float a, float* x, long n)
    {
        float* buffer = stackalloc float[Width];
        var factor = L.Create(a);
        for (; n >= Width; n -= Width, x += Width, y += Width) L.Store(L.MultiplyAdd(factor, L.Load(x), L.Load(y)), y);
        if (n > 0) LaneMath<L>.StorePart(L.MultiplyAdd(factor, LaneMath<L>.LoadPart(x, n, buffer), LaneMath<L>.LoadPart(y, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void AxpyHalf(float* y, float a, ushort* x, long n)
    {
        float* buffer = stackalloc float[Width];
        var factor = L.Create(a);
        for (; n >= Width; n -= Width, x += Width, y += Width)
            L.Store(L.MultiplyAdd(factor, LaneHalves<L>.FromHalf(L.LoadShorts(x)), L.Load(y)), y);
        if (n > 0)
        {
            var half = LaneHalves<L>.FromHalf(LaneMath<L>.LoadShortsPart(x, n, buffer));
            LaneMath<L>.StorePart(L.MultiplyAdd(factor, half, LaneMath<L>.LoadPart(y, n, buffer)), y, n, buffer);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void Scale(float* x, float a, float* y, long n)
    {
        float* buffer = stackalloc float[Width];
        var factor = L.Create(a);
        for (; n >= Width; n -= Width, x += Width, y += Width) L.Store(factor * L.Load(x), y);
        if (n > 0) LaneMath<L>.StorePart(factor * LaneMath<L>.LoadPart(x, n, buffer), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void FromHalf(ushort* x, float* y, long n)
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, x += Width, y += Width) L.Store(LaneHalves<L>.FromHalf(L.LoadShorts(x)), y);
        if (n > 0) LaneMath<L>.StorePart(LaneHalves<L>.FromHalf(LaneMath<L>.LoadShortsPart(x, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void ToHalf(float* x, ushort* y, long n)
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, x += Width, y += Width) L.StoreShorts(LaneHalves<L>.ToHalf(L.Load(x)), y);
        if (n > 0) LaneMath<L>.StoreShortsPart(LaneHalves<L>.ToHalf(LaneMath<L>.LoadPart(x, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void FromBFloat16(ushort* x, float* y, long n)
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, x += Width, y += Width) L.Store(LaneHalves<L>.FromBFloat16(L.LoadShorts(x)), y);
        if (n > 0) LaneMath<L>.StorePart(LaneHalves<L>.FromBFloat16(LaneMath<L>.LoadShortsPart(x, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void ToBFloat16(float* x, ushort* y, long n)
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, x += Width, y += Width) L.StoreShorts(LaneHalves<L>.ToBFloat16(L.Load(x)), y);
        if (n > 0) LaneMath<L>.StoreShortsPart(LaneHalves<L>.ToBFloat16(LaneMath<L>.LoadPart(x, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Map<TOperation>(float* x, float* y, long n)
        where TOperation : struct, IUnary
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, x += Width, y += Width) L.Store(TOperation.Apply(L.Load(x)), y);
        if (n > 0) LaneMath<L>.StorePart(TOperation.Apply(LaneMath<L>.LoadPart(x, n, buffer)), y, n, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Map<TOperation>(float* a, float* b, float* y, long n)
        where TOperation : struct, IBinary
    {
        float* buffer = stackalloc float[Width];
        for (; n >= Width; n -= Width, a += Width, b += Width, y += Width) L.Store(TOperation.Apply(L.Load(a), L.Load(b)), y);
        if (n > 0) LaneMath<L>.StorePart(TOperation.Apply(LaneMath<L>.LoadPart(a, n, buffer), LaneMath<L>.LoadPart(b, n, buffer)), y, n, buffer);
    }

    private readonly struct AddOperation : IBinary
    {
        public static L Apply(L a, L b) => a + b;
    }

    private readonly struct SubtractOperation : IBinary
    {
        public static L Apply(L a, L b) => a - b;
    }

    private readonly struct MultiplyOperation : IBinary
    {
        public static L Apply(L a, L b) => a * b;
    }
}
