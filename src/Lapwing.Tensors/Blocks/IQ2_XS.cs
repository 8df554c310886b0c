using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ2_XS: f16 scale, 32 words of nine-bit grid index and seven signs (8 elements each), then 8 bytes of two four-bit scales s, one for
/// each 16 elements: (½ + s) / 4.
/// </summary>
internal static unsafe class IQ2_XS
{
    public const int Bytes = 74;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (ulong* grid = GridTables.Iq2Xs)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                ushort* words = (ushort*)(source + 2);
                for (int b = 0; b < 8; b++)
                {
                    *scales++ = d * (0.5f + (source[66 + b] & 15)) * 0.25f;
                    *scales++ = d * (0.5f + (source[66 + b] >> 4)) * 0.25f;
                }

                for (int l = 0; l < 32; l += 4, values += 32)
                {
                    uint a = words[l], b = words[l + 1], c = words[l + 2], e = words[l + 3];
                    uint signs = GridTables.EvenSigns(a >> 9 | b >> 9 << 7 | c >> 9 << 14 | e >> 9 << 21);
                    GridTables.Signed(grid[a & 511], grid[b & 511], signs).Store(values);
                    GridTables.Signed(grid[c & 511], grid[e & 511], signs >> 16).Store(values + 16);
                }
            }
    }
}
