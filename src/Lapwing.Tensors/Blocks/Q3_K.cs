using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Q3_K: 32 bytes of third bits, 64 bytes of two-bit values as in Q2_K, 16 six-bit scales (less 32) in 12 bytes, f16 scale of the scales.
/// Bit j of third-bit byte l belongs to element 32j + l; where it is clear, 4 is taken off.
/// </summary>
internal static unsafe class Q3_K
{
    public const int Bytes = 110;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var two = Vector256.Create((short)3);
        var four = Vector256.Create((short)4);
        for (; count > 0; count -= 256, source += Bytes, values += 256, scales += 16)
        {
            Lanes.Scale(Lanes.ZeroExtend(Scales(source + 96)) - Vector256.Create((short)32), HalfFloat.ToSingle(*(ushort*)(source + 108)), scales);
            for (int l = 0; l < 32; l += 16)
            {
                var h = Lanes.ZeroExtend(source + l);
                var x = Lanes.ZeroExtend(source + 32 + l);
                (((x & two) | ((h << 2) & four)) - four).Store(values + l);
                ((((x >>> 2) & two) | ((h << 1) & four)) - four).Store(values + l + 32);
                ((((x >>> 4) & two) | (h & four)) - four).Store(values + l + 64);
                (((x >>> 6) | ((h >>> 1) & four)) - four).Store(values + l + 96);
                x = Lanes.ZeroExtend(source + 64 + l);
                (((x & two) | ((h >>> 2) & four)) - four).Store(values + l + 128);
                ((((x >>> 2) & two) | ((h >>> 3) & four)) - four).Store(values + l + 160);
                ((((x >>> 4) & two) | ((h >>> 4) & four)) - four).Store(values + l + 192);
                (((x >>> 6) | ((h >>> 5) & four)) - four).Store(values + l + 224);
            }
        }
    }

    /// <summary>16 six-bit scales: nibbles of bytes 0…7 (lower ones first), upper two bits from bytes 8…11.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Scales(byte* packed)
    {
        ulong nibbles = *(ulong*)packed;
        uint top = *(uint*)(packed + 8);
        ulong low = (nibbles & 0x0f0f0f0f0f0f0f0f) | (ulong)((top & 0x03030303) << 4) | (ulong)((top << 2) & 0x30303030) << 32;
        ulong high = ((nibbles >> 4) & 0x0f0f0f0f0f0f0f0f) | (top & 0x30303030) | (ulong)((top >> 2) & 0x30303030) << 32;
        return Vector128.Create(low, high).AsByte();
    }

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-4, 3);
        int* s = stackalloc int[16];
        float* l = stackalloc float[256];
        float scale = SuperBlockSearch.Find(levels, x, w, 16, 16, -32, 31, s);
        for (int j = 0; j < 16; j++) Fit.Assign(levels, x + 16 * j, 16, scale * s[j], 0, l + 16 * j);
        for (int i = 0; i < 32; i++)
        {
            int third = 0;
            for (int j = 0; j < 8; j++) third |= (l[32 * j + i] >= 0 ? 1 : 0) << j;
            block[i] = (byte)third;
        }

        Q2_K.Pack(l, 4, block + 32);
        for (int i = 0; i < 12; i++) block[96 + i] = 0;
        for (int j = 0; j < 16; j++)
        {
            int bits = s[j] + 32;
            block[96 + j % 8] |= (byte)((bits & 15) << (j / 8 * 4));
            block[104 + j % 4] |= (byte)((bits >> 4) << (j / 4 * 2));
        }

        *(ushort*)(block + 108) = HalfFloat.FromSingle(scale);
    }
}
