using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ3_XXS: f16 scale, 64 bytes of grid index (4 elements each), then for each 32 elements a word of four times seven signs and, on top,
/// four bits s of scale: (½ + s) / 2.
/// </summary>
internal static unsafe class IQ3_XXS
{
    public const int Bytes = 98;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        fixed (uint* grid = GridTables.Iq3Xxs)
            for (; count > 0; count -= 256, source += Bytes)
            {
                float d = HalfFloat.ToSingle(*(ushort*)source);
                for (int b = 0; b < 8; b++, values += 32)
                {
                    byte* indices = source + 2 + 8 * b;
                    uint word = *(uint*)(source + 66 + 4 * b), signs = GridTables.EvenSigns(word);
                    *scales++ = d * (0.5f + (word >> 28)) * 0.5f;
                    for (int l = 0; l < 2; l++, indices += 4, signs >>= 16)
                    {
                        ulong first = grid[indices[0]] | (ulong)grid[indices[1]] << 32;
                        ulong second = grid[indices[2]] | (ulong)grid[indices[3]] << 32;
                        GridTables.Signed(first, second, signs).Store(values + 16 * l);
                    }
                }
            }
    }
}
