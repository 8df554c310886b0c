using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q5_0: f16 scale, 32 fifth bits, then 16 bytes of nibbles as in Q4_0; each element less 16.</summary>
internal static unsafe class Q5_0
{
    public const int Bytes = 22;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var nibble = Vector256.Create((short)15);
        var sixteen = Vector256.Create((short)-16);
        var bits = Lanes.Bits;
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            ((uint*)scales)[b] = *(ushort*)source;
            var x = Lanes.ZeroExtend(source + 6);
            // A nibble with its fifth bit clear is n − 16, which is n with all upper bits set; else n itself.
            var low = Vector256.Equals(Vector256.Create(*(short*)(source + 2)) & bits, Vector256<short>.Zero) & sixteen;
            var high = Vector256.Equals(Vector256.Create(*(short*)(source + 4)) & bits, Vector256<short>.Zero) & sixteen;
            ((x & nibble) | low).Store(values);
            ((x >>> 4) | high).Store(values + 16);
        }

        HalfFloat.WidenInPlace(scales, blocks);
    }
}
