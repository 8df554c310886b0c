using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q5_1: f16 scale, f16 minimum, 32 fifth bits, then 16 bytes of nibbles as in Q4_1.</summary>
internal static unsafe class Q5_1
{
    public const int Bytes = 24;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        var sixteen = Vector256.Create((short)16);
        var bits = Lanes.Bits;
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            uint head = *(uint*)source;
            ((uint*)scales)[b] = head;
            ((uint*)minima)[b] = head >> 16;
            var x = Lanes.ZeroExtend(source + 8);
            var low = Vector256.Equals(Vector256.Create(*(short*)(source + 4)) & bits, bits) & sixteen;
            var high = Vector256.Equals(Vector256.Create(*(short*)(source + 6)) & bits, bits) & sixteen;
            ((x & nibble) | low).Store(values);
            ((x >>> 4) | high).Store(values + 16);
        }

        HalfFloat.WidenInPlace(scales, blocks);
        HalfFloat.WidenInPlace(minima, blocks);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[32];
        var (scale, minimum) = AffineSearch.FindHalves(31, x, w, 32);
        Fit.Assign(new UniformLevels(0, 31), x, 32, scale, minimum, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(minimum);
        Q5_0.Pack(l, 0, block + 4);
    }
}
