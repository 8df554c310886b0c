using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

/// <summary>The lattices of <see cref="GridCodes"/> as signed bytes, one 64-bit word (or 32-bit, for IQ3) a point, expanded at first use.</summary>
internal static unsafe class GridTables
{
    /// <summary>Points of 8 values 8, 25, 43.</summary>
    public static readonly ulong[] Iq2Xxs = Expand8(GridCodes.Iq2Xxs, [8, 25, 43]);

    /// <inheritdoc cref="Iq2Xxs"/>
    public static readonly ulong[] Iq2Xs = Expand8(GridCodes.Iq2Xs, [8, 25, 43]);

    /// <inheritdoc cref="Iq2Xxs"/>
    public static readonly ulong[] Iq2S = Expand8(GridCodes.Iq2S, [8, 25, 43]);

    /// <summary>Points of 8 values −8, 0, 8: eight times the reference's, so that its offset of ⅛ becomes 1.</summary>
    public static readonly ulong[] Iq1 = Expand8(GridCodes.Iq1, [-8, 0, 8]);

    /// <summary>Points of 4 values 4, 12, … 52, 62.</summary>
    public static readonly uint[] Iq3Xxs = Expand4(GridCodes.Iq3Xxs, [4, 12, 20, 28, 36, 44, 52, 62]);

    /// <summary>Points of 4 values 1, 3, … 15.</summary>
    public static readonly uint[] Iq3S = Expand4(GridCodes.Iq3S, [1, 3, 5, 7, 9, 11, 13, 15]);

    /// <summary>
    /// 8 values of a point with signs: where bit j of <paramref name="signs"/> is set, value j is negated.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Signed(ulong point, int signs)
    {
        var values = Vector128.WidenLower(Vector128.CreateScalarUnsafe(point).AsSByte());
        var bits = Vector128.Create((short)1, 2, 4, 8, 16, 32, 64, 128);
        var negative = Vector128.Equals(Vector128.Create((short)signs) & bits, bits);
        return (values ^ negative) - negative;
    }

    /// <summary>8 values of a point, each plus <paramref name="offset"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Shifted(ulong point, int offset) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(point).AsSByte()) + Vector128.Create((short)offset);

    /// <summary>The eighth sign, which the XXS and XS formats do not store, makes the number of minus signs even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EvenSigns(uint seven) => (int)(seven | ((uint)System.Numerics.BitOperations.PopCount(seven) & 1) << 7);

    private static ulong[] Expand8(ReadOnlySpan<ushort> codes, ReadOnlySpan<sbyte> levels)
    {
        var points = new ulong[codes.Length];
        for (int i = 0; i < points.Length; i++)
            for (int j = 0; j < 8; j++) points[i] |= (ulong)(byte)levels[(codes[i] >> (2 * j)) & 3] << (8 * j);
        return points;
    }

    private static uint[] Expand4(ReadOnlySpan<ushort> codes, ReadOnlySpan<sbyte> levels)
    {
        var points = new uint[codes.Length];
        for (int i = 0; i < points.Length; i++)
            for (int j = 0; j < 4; j++) points[i] |= (uint)(byte)levels[(codes[i] >> (3 * j)) & 7] << (8 * j);
        return points;
    }
}
