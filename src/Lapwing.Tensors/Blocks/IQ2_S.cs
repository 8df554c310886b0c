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

                byte* indices = source + 2, signs = source + 34;
                for (int b = 0; b < 8; b++, indices += 4, signs += 4, values += 32)
                {
                    uint high = source[66 + b];
                    GridTables.Signed(grid[indices[0] | (high << 8) & 0x300], grid[indices[1] | (high << 6) & 0x300], *(ushort*)signs).Store(values);
                    GridTables.Signed(grid[indices[2] | (high << 4) & 0x300], grid[indices[3] | (high << 2) & 0x300], *(ushort*)(signs + 2)).Store(values + 16);
                }
            }
    }
}
