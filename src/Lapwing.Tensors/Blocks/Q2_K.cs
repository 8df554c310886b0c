using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Q2_K: 16 bytes of 4-bit scale (lower) and 4-bit minimum (upper) for each 16 elements, 64 bytes of two-bit values, then f16 scale of the
/// scales and f16 scale of the minima. Each half of 128 elements has 32 bytes: bits 2j of byte l are element 32j + l.
/// </summary>
internal static unsafe class Q2_K
{
    public const int Bytes = 84;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var two = Vector256.Create((short)3);
        for (; count > 0; count -= 256, source += Bytes, scales += 16, minima += 16)
        {
            var s = Lanes.ZeroExtend(source);
            Lanes.Scale(s & Vector256.Create((short)15), HalfFloat.ToSingle(*(ushort*)(source + 80)), scales);
            Lanes.Scale(s >>> 4, -HalfFloat.ToSingle(*(ushort*)(source + 82)), minima);
            for (byte* q = source + 16; q < source + 80; q += 32)
                for (int l = 0; l < 32; l += 16)
                {
                    var x = Lanes.ZeroExtend(q + l);
                    (x & two).Store(values + l);
                    ((x >>> 2) & two).Store(values + l + 32);
                    ((x >>> 4) & two).Store(values + l + 64);
                    (x >>> 6).Store(values + l + 96);
                    if (l != 0) values += 128;
                }
        }
    }
}
