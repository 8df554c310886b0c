using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
}
