using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// binary16 ↔ binary32 in bulk by bit arithmetic: .NET exposes no F16C, and the scalar cast costs about 20 cycles.
/// Shifted left by 13, a half is a float with its exponent 112 too small; one multiplication by 2¹¹² mends that and, being exact,
/// makes subnormals right too. Infinities and NaNs get their exponent by an OR.
/// </summary>
public static unsafe class HalfFloat
{
    private const uint Rebias = (112 + 127) << 23;

    /// <summary>The float of that half's bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort bits)
    {
        float magnitude = BitConverter.UInt32BitsToSingle((uint)(bits & 0x7fff) << 13) * BitConverter.UInt32BitsToSingle(Rebias);
        uint m = BitConverter.SingleToUInt32Bits(magnitude);
        if ((bits & 0x7c00) == 0x7c00) m |= 0x7f800000;
        return BitConverter.UInt32BitsToSingle(m | (uint)(bits & 0x8000) << 16);
    }

    /// <summary>The half nearest to <paramref name="value"/>, ties to even, as bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary><paramref name="count"/> halves to floats, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
        {
            var x = Vector256.Load((short*)source + i);
            Widen(Vector256.WidenLower(x)).Store(destination + i);
            Widen(Vector256.WidenUpper(x)).Store(destination + i + 8);
        }

        for (; i < count; i++) destination[i] = ToSingle(source[i]);
    }

    /// <summary><paramref name="count"/> floats to the nearest halves, ties to even; beyond 65519 to infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
            Vector256.Narrow(Narrow(Vector256.Load((uint*)source + i)), Narrow(Vector256.Load((uint*)source + i + 8))).Store(destination + i);
        for (; i < count; i++) destination[i] = FromSingle(source[i]);
    }

    /// <summary>
    /// The halves that stand <paramref name="stride"/> bytes apart in eight blocks, as floats. They are put together in general registers:
    /// scalar stores read back as a vector would wait for the store buffer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Gather(byte* first, int stride) =>
        Widen(Vector256.WidenLower(Vector128.Create(Four(first, stride), Four(first + 4 * stride, stride)).AsInt16().ToVector256Unsafe()));

    /// <summary>The pairs of halves (scale, minimum) that stand <paramref name="stride"/> bytes apart in eight blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector256<float> Scales, Vector256<float> Minima) GatherPairs(byte* first, int stride)
    {
        var pairs = Vector256.Create(Two(first, stride), Two(first + 2 * stride, stride), Two(first + 4 * stride, stride), Two(first + 6 * stride, stride)).AsInt32();
        return (Widen(pairs << 16 >> 16), Widen(pairs >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Four(byte* p, int stride) => *(ushort*)p | (ulong)*(ushort*)(p + stride) << 16
        | (ulong)*(ushort*)(p + 2 * stride) << 32 | (ulong)*(ushort*)(p + 3 * stride) << 48;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Two(byte* p, int stride) => *(uint*)p | (ulong)*(uint*)(p + stride) << 32;

    /// <summary>Sign-extended halves to floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(Vector256<int> halves)
    {
        // Bits 31…28 are copies of the sign after the shift: the mask keeps the uppermost.
        var shifted = ((halves << 13) & Vector256.Create(unchecked((int)0x8fffe000))).AsSingle();
        var value = shifted * Vector256.Create(BitConverter.UInt32BitsToSingle(Rebias));
        var special = Vector256.GreaterThanOrEqual(Vector256.Abs(value), Vector256.Create(65536f));
        return value | (special & Vector256.Create(0x7f800000).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Narrow(Vector256<uint> bits)
    {
        var magnitude = bits & Vector256.Create(0x7fffffffu);
        var sign = (bits ^ magnitude) >>> 16;
        // Normal halves: round the lower 13 bits to even, then lower the exponent by 112.
        var odd = (magnitude >>> 13) & Vector256<uint>.One;
        var normal = (magnitude + Vector256.Create(unchecked(0xfffu - (112u << 23))) + odd) >>> 13;
        // Subnormal halves are multiples of 2⁻²⁴, which is the last place of a float in [½, 1): the adder rounds.
        var half = Vector256.Create(0.5f);
        var subnormal = (magnitude.AsSingle() + half).AsUInt32() - half.AsUInt32();
        var result = Vector256.ConditionalSelect(Vector256.LessThan(magnitude.AsInt32(), Vector256.Create(113 << 23)).AsUInt32(), subnormal, normal);
        // From 65520 on: infinity; NaN keeps the upper bits of its payload and stays quiet.
        var overflow = Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create(0x477ff000)).AsUInt32();
        var nan = Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create(0x7f800000)).AsUInt32();
        result = Vector256.ConditionalSelect(overflow, Vector256.Create(0x7c00u), result);
        result = Vector256.ConditionalSelect(nan, ((magnitude >>> 13) & Vector256.Create(0x3ffu)) | Vector256.Create(0x7e00u), result);
        return result | sign;
    }
}
