using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q8_1: f16 scale, f16 sum of the block (for the other operand's minimum), then 32 signed bytes.</summary>
internal static unsafe class Q8_1
{
    public const int Bytes = 36;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8)
        {
            HalfFloat.Gather(source, Bytes).Store(scales);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            Unpack(source, values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values)
    {
        Lanes.SignExtend(source + 4).Store(values);
        Lanes.SignExtend(source + 20).Store(values + 16);
    }

    /// <summary>32 elements to one block. Levels stay within ±127: −128 overflows some kernels' products of pairs.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-127, 127);
        float* l = stackalloc float[32];
        float scale = ScaleSearch.FindHalf(levels, x, w, 32);
        Fit.Assign(levels, x, 32, scale, 0, l);
        int sum = 0;
        for (int i = 0; i < 32; i++)
        {
            block[4 + i] = (byte)(int)l[i];
            sum += (int)l[i];
        }

        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(Math.Clamp(scale * sum, -65504, 65504));
    }
}
