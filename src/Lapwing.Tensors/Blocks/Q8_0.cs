using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
}
