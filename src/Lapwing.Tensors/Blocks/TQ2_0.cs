using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>TQ2_0: 64 bytes of two-bit values laid out as in Q2_K, each less 1, then f16 scale.</summary>
internal static unsafe class TQ2_0
{
    public const int Bytes = 66;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var two = Vector256.Create((short)3);
        var one = Vector256<short>.One;
        for (; count > 0; count -= 256, source += Bytes, scales += 8)
        {
            Vector256.Create(HalfFloat.ToSingle(*(ushort*)(source + 64))).Store(scales);
            for (byte* q = source; q < source + 64; q += 32)
                for (int l = 0; l < 32; l += 16)
                {
                    var x = Lanes.ZeroExtend(q + l);
                    ((x & two) - one).Store(values + l);
                    (((x >>> 2) & two) - one).Store(values + l + 32);
                    (((x >>> 4) & two) - one).Store(values + l + 64);
                    ((x >>> 6) - one).Store(values + l + 96);
                    if (l != 0) values += 128;
                }
        }
    }

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[256];
        float scale = TernarySearch.Find(x, w, 256);
        Fit.Assign(new UniformLevels(-1, 1), x, 256, scale, 0, l);
        Q2_K.Pack(l, 1, block);
        *(ushort*)(block + 64) = HalfFloat.FromSingle(scale);
    }
}
