using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Q5_K: the head of Q4_K, 32 bytes of fifth bits (bit j of byte l belongs to element 32j + l), then nibbles as in Q4_K.
/// </summary>
internal static unsafe class Q5_K
{
    public const int Bytes = 176;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        var sixteen = Vector256.Create((short)16);
        for (; count > 0; count -= 256, source += Bytes, values += 256, scales += 8, minima += 8)
        {
            Q4_K.UnpackScales(source, scales, minima);
            for (int l = 0; l < 32; l += 16)
            {
                var h = Lanes.ZeroExtend(source + 16 + l);
                byte* q = source + 48 + l;
                short* v = values + l;
                var x = Lanes.ZeroExtend(q);
                ((x & nibble) | ((h << 4) & sixteen)).Store(v);
                ((x >>> 4) | ((h << 3) & sixteen)).Store(v + 32);
                x = Lanes.ZeroExtend(q + 32);
                ((x & nibble) | ((h << 2) & sixteen)).Store(v + 64);
                ((x >>> 4) | ((h << 1) & sixteen)).Store(v + 96);
                x = Lanes.ZeroExtend(q + 64);
                ((x & nibble) | (h & sixteen)).Store(v + 128);
                ((x >>> 4) | ((h >>> 1) & sixteen)).Store(v + 160);
                x = Lanes.ZeroExtend(q + 96);
                ((x & nibble) | ((h >>> 2) & sixteen)).Store(v + 192);
                ((x >>> 4) | ((h >>> 3) & sixteen)).Store(v + 224);
            }
        }
    }

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[256];
        Q4_K.Search(31, x, w, l, block);
        for (int i = 0; i < 32; i++)
        {
            int fifth = 0;
            for (int j = 0; j < 8; j++) fifth |= ((int)l[32 * j + i] >> 4) << j;
            block[16 + i] = (byte)fifth;
        }

        for (int i = 0; i < 128; i++)
        {
            float* pair = l + i / 32 * 64 + i % 32;
            block[48 + i] = (byte)((int)pair[0] & 15 | ((int)pair[32] & 15) << 4);
        }
    }
}
