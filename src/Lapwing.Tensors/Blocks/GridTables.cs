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

    /// <summary>The 16 values of two points with signs: where bit j of <paramref name="signs"/> is set, value j is negated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Signed(ulong first, ulong second, uint signs)
    {
        var bits = Lanes.Bits;
        var negative = Vector256.Equals(Vector256.Create((short)signs) & bits, bits);
        return (Lanes.SignExtend(Vector128.Create(first, second).AsSByte()) ^ negative) - negative;
    }

    /// <summary>
    /// Four times seven signs as four times eight: the eighth, which the XXS and XS formats do not store, makes the number of minus signs even.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint EvenSigns(uint signs)
    {
        uint bytes = (signs & 0x7f) | ((signs << 1) & 0x7f00) | ((signs << 2) & 0x7f0000) | ((signs << 3) & 0x7f000000);
        // Seven bits folded upwards leave their parity in the eighth.
        uint parity = bytes ^ (bytes << 4);
        parity ^= parity << 2;
        parity ^= parity << 1;
        return bytes | (parity & 0x80808080);
    }

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
