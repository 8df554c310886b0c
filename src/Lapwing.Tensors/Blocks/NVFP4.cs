using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// NVFP4: four scale bytes (unsigned E4M3, one for each 16 elements), then 32 bytes: of each 8 the lower nibbles are 8 elements E2M1, the
/// upper nibbles the next 8. Values are doubled and scales halved as in MXFP4.
/// </summary>
internal static unsafe class NVFP4
{
    public const int Bytes = 36;

    // Scale bytes 0 and 0x7f (E4M3's NaN) stand for zero in the reference.
    private static readonly float[] HalfScales = MakeHalfScales();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = MXFP4.Table;
        var nibble = Vector128.Create((byte)15);
        var half = HalfScales;
        for (; count > 0; count -= 64, source += Bytes, values += 64, scales += 4)
        {
            for (int s = 0; s < 4; s++)
            {
                scales[s] = half[source[s]];
                ulong eight = *(ulong*)(source + 4 + 8 * s);
                Lanes.LookUp(table, Vector128.Create(eight, eight >> 4).AsByte() & nibble).Store(values + 16 * s);
            }
        }
    }

    private static float[] MakeHalfScales()
    {
        var scales = new float[256];
        for (int x = 1; x < 256; x++)
        {
            int exponent = (x >> 3) & 15, mantissa = x & 7;
            scales[x] = exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
        }

        scales[0x7f] = 0;
        return scales;
    }
}
