using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ3_S: f16 scale, 64 bytes of grid index (4 elements each), 8 bytes with the indices' ninth bits, 32 bytes of signs, 4 bytes of two
/// four-bit scales s, one for each 32 elements: 1 + 2s.
/// </summary>
internal static unsafe class IQ3_S
{
    public const int Bytes = 110;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (uint* grid = GridTables.Iq3S)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                for (int b = 0; b < 8; b++, values += 32)
                {
                    byte* indices = source + 2 + 8 * b;
                    uint ninth = source[66 + b];
                    *scales++ = d * (1 + 2 * ((source[106 + b / 2] >> (4 * (b & 1))) & 15));
                    for (int l = 0; l < 2; l++, indices += 4, ninth >>= 4)
                    {
                        ulong first = grid[indices[0] | (ninth << 8) & 256] | (ulong)grid[indices[1] | (ninth << 7) & 256] << 32;
                        ulong second = grid[indices[2] | (ninth << 6) & 256] | (ulong)grid[indices[3] | (ninth << 5) & 256] << 32;
                        GridTables.Signed(first, second, *(ushort*)(source + 74 + 4 * b + 2 * l)).Store(values + 16 * l);
                    }
                }
            }
    }
}
