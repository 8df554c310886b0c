using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ1_S: f16 scale, 32 bytes of grid index (8 elements each), then for each 32 elements a word: four times the indices' upper three bits,
/// three bits s of scale (1 + 2s), and on top the sign of the offset ⅛ that all 32 share. Values are taken eightfold.
/// </summary>
internal static unsafe class IQ1_S
{
    public const int Bytes = 50;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (ulong* grid = GridTables.Iq1)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                for (int b = 0; b < 8; b++, values += 32)
                {
                    byte* indices = source + 2 + 4 * b;
                    uint word = *(ushort*)(source + 34 + 2 * b);
                    var offset = Vector256.Create((short)(1 - (int)(word >> 15 << 1)));
                    *scales++ = d * (1 + 2 * ((word >> 12) & 7)) * 0.125f;
                    ulong p0 = grid[indices[0] | (word << 8) & 0x700], p1 = grid[indices[1] | (word << 5) & 0x700];
                    ulong p2 = grid[indices[2] | (word << 2) & 0x700], p3 = grid[indices[3] | (word >> 1) & 0x700];
                    (Lanes.SignExtend(Vector128.Create(p0, p1).AsSByte()) + offset).Store(values);
                    (Lanes.SignExtend(Vector128.Create(p2, p3).AsSByte()) + offset).Store(values + 16);
                }
            }
    }
}
