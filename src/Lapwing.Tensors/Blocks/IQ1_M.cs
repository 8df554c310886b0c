using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ1_M: 32 bytes of grid index (8 elements each), 16 bytes whose nibbles hold the index's upper three bits and the sign of the offset ⅛,
/// then four words: in their top nibbles the f16 scale, below four three-bit scales s (1 + 2s), one for each 16 elements. Values are taken
/// eightfold.
/// </summary>
internal static unsafe class IQ1_M
{
    public const int Bytes = 56;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (ulong* grid = GridTables.Iq1)
            for (; count > 0; count -= 256, source += Bytes)
            {
                ushort* words = (ushort*)(source + 48);
                float d = HalfFloat.ToSingle(Scale(source));
                for (int s = 0; s < 16; s++) *scales++ = d * (1 + 2 * ((words[s / 4] >> (3 * (s & 3))) & 7)) * 0.125f;
                for (int l = 0; l < 32; l++, values += 8)
                {
                    int high = source[32 + l / 2] >> (4 * (l & 1));
                    GridTables.Shifted(grid[source[l] | (high & 7) << 8], 1 - ((high & 8) >> 2)).Store(values);
                }
            }
    }

    /// <summary>The scale's bits.</summary>
    internal static ushort Scale(byte* source)
    {
        ushort* w = (ushort*)(source + 48);
        return (ushort)(w[0] >> 12 | (w[1] >> 12) << 4 | (w[2] >> 12) << 8 | (w[3] >> 12) << 12);
    }
}
