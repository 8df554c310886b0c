using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ2_XXS: f16 scale, then for each 32 elements 8 bytes: four grid indices; a word of four times seven signs and, on top, four bits s of
/// scale: (½ + s) / 4.
/// </summary>
internal static unsafe class IQ2_XXS
{
    public const int Bytes = 66;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (ulong* grid = GridTables.Iq2Xxs)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                for (int b = 0; b < 8; b++, values += 32)
                {
                    byte* indices = source + 2 + 8 * b;
                    uint word = *(uint*)(indices + 4), signs = GridTables.EvenSigns(word);
                    *scales++ = d * (0.5f + (word >> 28)) * 0.25f;
                    GridTables.Signed(grid[indices[0]], grid[indices[1]], signs).Store(values);
                    GridTables.Signed(grid[indices[2]], grid[indices[3]], signs >> 16).Store(values + 16);
                }
            }
    }
}
