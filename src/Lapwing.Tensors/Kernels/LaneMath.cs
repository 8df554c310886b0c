using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>What kernels share: rows' ragged ends and the canonical reduction.</summary>
internal static unsafe class LaneMath<L>
    where L : unmanaged, ILanes<L>
{
    public const int Width = 16;

    public static L Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.CreateBits(0);
    }

    /// <summary>
    /// The first <paramref name="count"/> &lt; 16 lanes from memory, <paramref name="fill"/> in the others, by way of a buffer of the caller:
    /// no call, because registers do not outlive one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L LoadPart(float* source, long count, float* buffer, float fill = 0)
    {
        for (int i = 0; i < Width; i++) buffer[i] = i < count ? source[i] : fill;
        return L.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(L value, float* target, long count, float* buffer)
    {
        L.Store(value, buffer);
        for (int i = 0; i < count; i++) target[i] = buffer[i];
    }

    /// <summary>The same for 16-bit lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L LoadShortsPart(ushort* source, long count, float* buffer)
    {
        ushort* shorts = (ushort*)buffer;
        for (int i = 0; i < Width; i++) shorts[i] = i < count ? source[i] : (ushort)0;
        return L.LoadShorts(shorts);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShortsPart(L bits, ushort* target, long count, float* buffer)
    {
        ushort* shorts = (ushort*)buffer;
        L.StoreShorts(bits, shorts);
        for (int i = 0; i < count; i++) target[i] = shorts[i];
    }

    /// <summary>The canonical reduction: lane l with l + 8, then + 4, + 2, + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(L value)
    {
        var v = L.Fold(value);
        v += Vector128.Shuffle(v, Vector128.Create(2, 3, 0, 1));
        return (v + Vector128.Shuffle(v, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    /// <summary>Four canonical reductions at once, lane by lane the same additions as <see cref="Sum(L)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sum(L a, L b, L c, L d)
    {
        var (p, q) = (Pair(L.Fold(a), L.Fold(b)), Pair(L.Fold(c), L.Fold(d)));
        if (Sse.IsSupported) return Sse.Shuffle(p, q, 0b10_00_10_00) + Sse.Shuffle(p, q, 0b11_01_11_01);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.AddPairwise(p, q);
        return Vector128.Create(p[0] + p[1], p[2] + p[3], q[0] + q[1], q[2] + q[3]);
    }

    /// <summary>x if it is greater than y, else y: so a NaN in x is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L Max(L x, L y) => L.Select(L.GreaterThan(x, y), x, y);

    /// <summary>[a₀ + a₂, a₁ + a₃, b₀ + b₂, b₁ + b₃].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pair(Vector128<float> a, Vector128<float> b)
    {
        if (Sse.IsSupported) return Sse.MoveLowToHigh(a, b) + Sse.MoveHighToLow(b, a);
        if (AdvSimd.Arm64.IsSupported)
            return AdvSimd.Arm64.ZipLow(a.AsDouble(), b.AsDouble()).AsSingle() + AdvSimd.Arm64.ZipHigh(a.AsDouble(), b.AsDouble()).AsSingle();
        return Vector128.Create(a[0] + a[2], a[1] + a[3], b[0] + b[2], b[1] + b[3]);
    }
}
