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
        Lanes.SignExtend(source + 2).Store(values);
        Lanes.SignExtend(source + 18).Store(values + 16);
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
