using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q4_1: f16 scale, f16 minimum, then 16 bytes; element i is the lower nibble of byte i, element 16 + i the upper.</summary>
internal static unsafe class Q4_1
{
    public const int Bytes = 20;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            uint head = *(uint*)source;
            ((uint*)scales)[b] = head;
            ((uint*)minima)[b] = head >> 16;
            var x = Lanes.ZeroExtend(source + 4);
            (x & nibble).Store(values);
            (x >>> 4).Store(values + 16);
        }

        HalfFloat.WidenInPlace(scales, blocks);
        HalfFloat.WidenInPlace(minima, blocks);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[32];
        var (scale, minimum) = AffineSearch.FindHalves(15, x, w, 32);
        Fit.Assign(new UniformLevels(0, 15), x, 32, scale, minimum, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(minimum);
        for (int i = 0; i < 16; i++) block[4 + i] = (byte)((int)l[i] | (int)l[16 + i] << 4);
    }
}
