using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q8_K: f32 scale, 256 signed bytes, then 16-bit sums of each 16 of them.</summary>
internal static unsafe class Q8_K
{
    public const int Bytes = 292;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        for (; count > 0; count -= 256, source += Bytes, values += 256, scales += 8)
        {
            Vector256.Create(*(float*)source).Store(scales);
            for (int k = 0; k < 256; k += 16) Lanes.SignExtend(source + 4 + k).Store(values + k);
        }
    }

    /// <summary>256 elements to one block. Levels stay within ±127, as for Q8_1.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-127, 127);
        float* l = stackalloc float[256];
        float scale = ScaleSearch.Find(levels, x, w, 256, upward: true);
        Fit.Assign(levels, x, 256, scale, 0, l);
        *(float*)block = scale;
        short* sums = (short*)(block + 260);
        for (int i = 0; i < 16; i++) sums[i] = 0;
        for (int i = 0; i < 256; i++)
        {
            block[4 + i] = (byte)(int)l[i];
            sums[i / 16] += (short)(int)l[i];
        }
    }
}
