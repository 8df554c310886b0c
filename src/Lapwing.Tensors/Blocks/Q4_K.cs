using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Q4_K: f16 scale of the scales, f16 scale of the minima, 8 six-bit scales and 8 six-bit minima in 12 bytes, 128 bytes of nibbles:
/// of each 32 bytes the lower nibbles are one sub-block of 32 elements, the upper nibbles the next.
/// </summary>
internal static unsafe class Q4_K
{
    public const int Bytes = 144;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales, float* minima)
    {
        var nibble = Vector256.Create((short)15);
        for (; count > 0; count -= 256, source += Bytes, scales += 8, minima += 8)
        {
            UnpackScales(source, scales, minima);
            for (byte* q = source + 16; q < source + Bytes; q += 32, values += 64)
            {
                var x = Lanes.ZeroExtend(q);
                var y = Lanes.ZeroExtend(q + 16);
                (x & nibble).Store(values);
                (y & nibble).Store(values + 16);
                (x >>> 4).Store(values + 32);
                (y >>> 4).Store(values + 48);
            }
        }
    }

    /// <summary>The head that Q4_K and Q5_K share (16 bytes) as 8 scales and 8 minima.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void UnpackScales(byte* source, float* scales, float* minima)
    {
        var (s, m) = SixBits(source + 4);
        var both = Lanes.ZeroExtend(Vector128.Create(s, m).AsByte());
        var scale = Vector256.Create(HalfFloat.ToSingle(*(ushort*)source));
        var minimum = Vector256.Create(-HalfFloat.ToSingle(*(ushort*)(source + 2)));
        (Vector256.ConvertToSingle(Vector256.WidenLower(both)) * scale).Store(scales);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(both)) * minimum).Store(minima);
    }

    /// <summary>
    /// 8 scales and 8 minima, a byte each: of bytes 0…3 and 4…7 the lower six bits are the first four scales and minima; bytes 8…11 hold the
    /// lower nibbles of the last four, whose upper two bits are the upper two of bytes 0…7.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (ulong Scales, ulong Minima) SixBits(byte* packed)
    {
        uint a = *(uint*)packed, b = *(uint*)(packed + 4), c = *(uint*)(packed + 8);
        ulong scales = (a & 0x3f3f3f3f) | (ulong)((c & 0x0f0f0f0f) | ((a >> 2) & 0x30303030)) << 32;
        ulong minima = (b & 0x3f3f3f3f) | (ulong)(((c >> 4) & 0x0f0f0f0f) | ((b >> 2) & 0x30303030)) << 32;
        return (scales, minima);
    }

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[256];
        Search(15, x, w, l, block);
        for (int i = 0; i < 128; i++)
        {
            float* pair = l + i / 32 * 64 + i % 32;
            block[16 + i] = (byte)((int)pair[0] | (int)pair[32] << 4);
        }
    }

    /// <summary>Writes the head of a block with levels 0…<paramref name="top"/> and leaves its 256 levels in <paramref name="l"/>.</summary>
    internal static void Search(float top, float* x, float* w, float* l, byte* block)
    {
        int* s = stackalloc int[8];
        int* m = stackalloc int[8];
        var (scale, minimum) = AffineSuperBlockSearch.Find(top, x, w, 8, 32, 63, s, m);
        for (int j = 0; j < 8; j++)
            Fit.Assign(new UniformLevels(0, top), x + 32 * j, 32, scale * s[j], -(minimum * m[j]), l + 32 * j);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = HalfFloat.FromSingle(minimum);
        for (int j = 0; j < 4; j++)
        {
            block[4 + j] = (byte)(s[j] | s[j + 4] >> 4 << 6);
            block[8 + j] = (byte)(m[j] | m[j + 4] >> 4 << 6);
            block[12 + j] = (byte)(s[j + 4] & 15 | (m[j + 4] & 15) << 4);
        }
    }
}
