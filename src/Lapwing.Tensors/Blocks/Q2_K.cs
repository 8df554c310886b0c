using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

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

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        int* s = stackalloc int[16];
        int* m = stackalloc int[16];
        float* l = stackalloc float[256];
        var (scale, minimum) = AffineSuperBlockSearch.Find(3, x, w, 16, 16, 15, s, m);
        for (int j = 0; j < 16; j++)
        {
            Fit.Assign(new UniformLevels(0, 3), x + 16 * j, 16, scale * s[j], -(minimum * m[j]), l + 16 * j);
            block[j] = (byte)(s[j] | m[j] << 4);
        }

        Pack(l, 0, block + 16);
        *(ushort*)(block + 80) = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 82) = HalfFloat.FromSingle(minimum);
    }

    /// <summary>The lower two bits of 256 levels, each plus <paramref name="offset"/>, as 64 bytes.</summary>
    internal static void Pack(float* l, int offset, byte* destination)
    {
        for (int half = 0; half < 2; half++, l += 128, destination += 32)
            for (int i = 0; i < 32; i++)
            {
                int bits = 0;
                for (int j = 0; j < 4; j++) bits |= ((int)l[32 * j + i] + offset & 3) << (2 * j);
                destination[i] = (byte)bits;
            }
    }
}
