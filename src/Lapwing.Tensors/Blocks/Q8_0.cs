using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q8_0: f16 scale, then 32 signed bytes.</summary>
internal static unsafe class Q8_0
{
    public const int Bytes = 34;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            ((uint*)scales)[b] = *(ushort*)source;
            Lanes.SignExtend(source + 2).Store(values);
            Lanes.SignExtend(source + 18).Store(values + 16);
        }

        HalfFloat.WidenInPlace(scales, blocks);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-128, 127);
        float* l = stackalloc float[32];
        float scale = ScaleSearch.FindHalf(levels, x, w, 32);
        Fit.Assign(levels, x, 32, scale, 0, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        for (int i = 0; i < 32; i++) block[2 + i] = (byte)(int)l[i];
    }
}
