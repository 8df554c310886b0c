using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q4_1: f16 scale, f16 minimum, then 16 bytes; element i is the lower nibble of byte i, element 16 + i the upper.</summary>
internal static unsafe class Q4_1
{
    public const int Bytes = 20;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8, minima += 8)
        {
            var (eightScales, eightMinima) = HalfFloat.GatherPairs(source, Bytes);
            eightScales.Store(scales);
            eightMinima.Store(minima);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values, nibble);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            *minima++ = HalfFloat.ToSingle(*(ushort*)(source + 2));
            Unpack(source, values, nibble);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values, Vector256<short> nibble)
    {
        var x = Lanes.ZeroExtend(source + 4);
        (x & nibble).Store(values);
        (x >>> 4).Store(values + 16);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[32];
        var (scale, minimum) = AffineSearch.FindHalves(15, x, w, 32);
        Fit.Assign(new UniformLevels(0, 15), x, 32, scale, minimum, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(minimum);
        for (int i = 0; i < 16; i++) block[4 + i] = (byte)((int)l[i] | (int)l[16 + i] << 4);
    }
}
