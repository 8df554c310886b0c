using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>bfloat16 (the upper half of a binary32) ↔ binary32 in bulk.</summary>
public static unsafe class BrainFloat
{
    /// <summary>The float of those bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The bfloat16 nearest to <paramref name="value"/>, ties to even, as bits; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & 0x7fffffff) > 0x7f800000) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary><paramref name="count"/> bfloat16s to floats, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
        {
            var x = Vector256.Load(source + i);
            (Vector256.WidenLower(x) << 16).AsSingle().Store(destination + i);
            (Vector256.WidenUpper(x) << 16).AsSingle().Store(destination + i + 8);
        }

        for (; i < count; i++) destination[i] = ToSingle(source[i]);
    }

    /// <summary><paramref name="count"/> floats to the nearest bfloat16s, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
            Vector256.Narrow(Narrow(Vector256.Load((uint*)source + i)), Narrow(Vector256.Load((uint*)source + i + 8))).Store(destination + i);
        for (; i < count; i++) destination[i] = FromSingle(source[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Narrow(Vector256<uint> bits)
    {
        var nan = Vector256.GreaterThan((bits & Vector256.Create(0x7fffffffu)).AsInt32(), Vector256.Create(0x7f800000)).AsUInt32();
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >>> 16) & Vector256<uint>.One)) >>> 16;
        return Vector256.ConditionalSelect(nan, (bits >>> 16) | Vector256.Create(0x40u), rounded);
    }
}
