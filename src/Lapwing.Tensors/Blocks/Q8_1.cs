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
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            ((uint*)scales)[b] = *(ushort*)source;
            Lanes.SignExtend(source + 4).Store(values);
            Lanes.SignExtend(source + 20).Store(values + 16);
        }

        HalfFloat.WidenInPlace(scales, blocks);
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
