using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ2_S: f16 scale, 32 bytes of grid index (8 elements each), 32 bytes of signs, 8 bytes with the indices' upper two bits, 8 bytes of two
/// four-bit scales s, one for each 16 elements: (½ + s) / 4.
/// </summary>
internal static unsafe class IQ2_S
{
    public const int Bytes = 82;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (ulong* grid = GridTables.Iq2S)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                for (int b = 0; b < 8; b++)
                {
                    *scales++ = d * (0.5f + (source[74 + b] & 15)) * 0.25f;
                    *scales++ = d * (0.5f + (source[74 + b] >> 4)) * 0.25f;
                }

                for (int l = 0; l < 32; l++, values += 8)
                {
                    int index = source[2 + l] | ((source[66 + l / 4] >> (2 * (l & 3))) & 3) << 8;
                    GridTables.Signed(grid[index], source[34 + l]).Store(values);
                }
            }
    }
}
