using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
}
