using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

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

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-32, 31);
        int* s = stackalloc int[16];
        float* l = stackalloc float[256];
        float scale = SuperBlockSearch.Find(levels, x, w, 16, 16, -128, 127, s);
        for (int j = 0; j < 16; j++)
        {
            Fit.Assign(levels, x + 16 * j, 16, scale * s[j], 0, l + 16 * j);
            block[192 + j] = (byte)s[j];
        }

        *(ushort*)(block + 208) = HalfFloat.FromSingle(scale);
        for (int half = 0; half < 2; half++)
            for (int i = 0; i < 32; i++)
            {
                float* four = l + 128 * half + i;
                int a = (int)four[0] + 32, b = (int)four[32] + 32, c = (int)four[64] + 32, d = (int)four[96] + 32;
                block[64 * half + i] = (byte)(a & 15 | (c & 15) << 4);
                block[64 * half + 32 + i] = (byte)(b & 15 | (d & 15) << 4);
                block[128 + 32 * half + i] = (byte)(a >> 4 | b >> 4 << 2 | c >> 4 << 4 | d >> 4 << 6);
            }
    }
}
