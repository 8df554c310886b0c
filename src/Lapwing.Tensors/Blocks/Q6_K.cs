using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Q6_K: 128 bytes of lower nibbles, 64 bytes of upper two bits, 16 signed bytes of scale, f16 scale of the scales; each element less 32.
/// Each half of 128 elements: nibble bytes l and 32 + l hold elements l, 32 + l (lower) and 64 + l, 96 + l (upper); bits 2j of
/// upper-bits byte l belong to element 32j + l.
/// </summary>
internal static unsafe class Q6_K
{
    public const int Bytes = 210;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var nibble = Vector256.Create((short)15);
        var upper = Vector256.Create((short)0x30);
        var offset = Vector256.Create((short)32);
        for (; count > 0; count -= 256, source += Bytes, scales += 16)
        {
            Lanes.Scale(Lanes.SignExtend(source + 192), HalfFloat.ToSingle(*(ushort*)(source + 208)), scales);
            for (int half = 0; half < 2; half++, values += 128)
                for (int l = 0; l < 32; l += 16)
                {
                    var x = Lanes.ZeroExtend(source + 64 * half + l);
                    var y = Lanes.ZeroExtend(source + 64 * half + 32 + l);
                    var h = Lanes.ZeroExtend(source + 128 + 32 * half + l);
                    (((x & nibble) | ((h << 4) & upper)) - offset).Store(values + l);
                    (((y & nibble) | ((h << 2) & upper)) - offset).Store(values + l + 32);
                    (((x >>> 4) | (h & upper)) - offset).Store(values + l + 64);
                    (((y >>> 4) | ((h >>> 2) & upper)) - offset).Store(values + l + 96);
                }
        }
    }
}
