using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q4_0: f16 scale, then 16 bytes; element i is the lower nibble of byte i, element 16 + i the upper, each less 8.</summary>
internal static unsafe class Q4_0
{
    public const int Bytes = 18;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var nibble = Vector256.Create((short)15);
        var eight = Vector256.Create((short)8);
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8)
        {
            HalfFloat.Gather(source, Bytes).Store(scales);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values, nibble, eight);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            Unpack(source, values, nibble, eight);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values, Vector256<short> nibble, Vector256<short> eight)
    {
        var x = Lanes.ZeroExtend(source + 2);
        ((x & nibble) - eight).Store(values);
        ((x >>> 4) - eight).Store(values + 16);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-8, 7);
        float* l = stackalloc float[32];
        float scale = ScaleSearch.FindHalf(levels, x, w, 32);
        Fit.Assign(levels, x, 32, scale, 0, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        for (int i = 0; i < 16; i++) block[2 + i] = (byte)((int)l[i] + 8 | (int)l[16 + i] + 8 << 4);
    }
}
