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
        var sign = Vector256.Create(Vector128.Create((short)0x08), Vector128.Create((short)0x80));
        fixed (ulong* grid = GridTables.Iq1)
            for (; count > 0; count -= 256, source += Bytes)
            {
                ushort* words = (ushort*)(source + 48);
                float d = HalfFloat.ToSingle(Scale(source));
                for (int s = 0; s < 16; s++) *scales++ = d * (1 + 2 * ((words[s / 4] >> (3 * (s & 3))) & 7)) * 0.125f;
                for (int l = 0; l < 16; l++, values += 16)
                {
                    byte* indices = source + 2 * l;
                    uint high = source[32 + l];
                    var negative = Vector256.Equals(Vector256.Create((short)high) & sign, sign);
                    var points = Vector128.Create(grid[indices[0] | (high << 8) & 0x700], grid[indices[1] | (high << 4) & 0x700]).AsSByte();
                    (Lanes.SignExtend(points) + (Vector256<short>.One + negative + negative)).Store(values);
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
