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
                for (int b = 0; b < 8; b++)
                {
                    int word = *(ushort*)(source + 34 + 2 * b);
                    int offset = (word & 0x8000) != 0 ? -1 : 1;
                    *scales++ = d * (1 + 2 * ((word >> 12) & 7)) * 0.125f;
                    for (int l = 0; l < 4; l++, values += 8)
                        GridTables.Shifted(grid[source[2 + 4 * b + l] | ((word >> (3 * l)) & 7) << 8], offset).Store(values);
                }
            }
    }
}
