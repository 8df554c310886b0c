using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q5_1: f16 scale, f16 minimum, 32 fifth bits, then 16 bytes of nibbles as in Q4_1.</summary>
internal static unsafe class Q5_1
{
    public const int Bytes = 24;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        var bits = Lanes.Bits;
        var sixteen = Vector256.Create((short)16);
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8, minima += 8)
        {
            var (eightScales, eightMinima) = HalfFloat.GatherPairs(source, Bytes);
            eightScales.Store(scales);
            eightMinima.Store(minima);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values, nibble, bits, sixteen);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            *minima++ = HalfFloat.ToSingle(*(ushort*)(source + 2));
            Unpack(source, values, nibble, bits, sixteen);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values, Vector256<short> nibble, Vector256<short> bits, Vector256<short> sixteen)
    {
        var x = Lanes.ZeroExtend(source + 8);
        var low = Vector256.Equals(Vector256.Create(*(short*)(source + 4)) & bits, bits) & sixteen;
        var high = Vector256.Equals(Vector256.Create(*(short*)(source + 6)) & bits, bits) & sixteen;
        ((x & nibble) | low).Store(values);
        ((x >>> 4) | high).Store(values + 16);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[32];
        var (scale, minimum) = AffineSearch.FindHalves(31, x, w, 32);
        Fit.Assign(new UniformLevels(0, 31), x, 32, scale, minimum, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(minimum);
        Q5_0.Pack(l, 0, block + 4);
    }
}
