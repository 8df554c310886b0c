using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// MXFP4 (OCP Microscaling Formats 1.0): an exponent byte e (the scale is 2^(e − 127)), then nibbles as in Q4_0, each a 4-bit float E2M1.
/// Values are doubled to be whole and scales halved, as in the reference.
/// </summary>
internal static unsafe class MXFP4
{
    public const int Bytes = 17;

    /// <summary>E2M1 twice over: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives.</summary>
    public static Vector128<sbyte> Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = Table;
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            scales[b] = HalfScale(*source);
            Lanes.LookUpNibbles(table, Vector128.Load(source + 1), values);
        }
    }

    /// <summary>2^(e − 128), subnormal for e below 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float HalfScale(uint e) => BitConverter.UInt32BitsToSingle(e < 2 ? 0x00200000u << (int)e : (e - 1) << 23);
}
