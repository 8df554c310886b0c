using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
}
