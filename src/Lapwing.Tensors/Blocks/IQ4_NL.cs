using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>IQ4_NL: f16 scale, then nibbles as in Q4_0 that index a table of unevenly spaced values.</summary>
internal static unsafe class IQ4_NL
{
    public const int Bytes = 18;

    /// <summary>The sixteen values (ggml-common.h, kvalues_iq4nl).</summary>
    public static Vector128<sbyte> Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = Table;
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            ((uint*)scales)[b] = *(ushort*)source;
            Lanes.LookUpNibbles(table, Vector128.Load(source + 2), values);
        }

        HalfFloat.WidenInPlace(scales, blocks);
    }
}
