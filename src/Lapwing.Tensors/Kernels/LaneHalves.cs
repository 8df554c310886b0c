using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <summary>
/// binary16 and bfloat16 to and from binary32 with integer instructions, which every level has; the runtime's own conversion of
/// <see cref="Half"/> goes element by element at a fifth of the memory's speed. Halves come and go in the low 16 bits of a lane.
/// </summary>
internal static class LaneHalves<L>
    where L : unmanaged, ILanes<L>
{
    /// <summary>
    /// Exact. The half's sign has spread over the upper 16 bits. Its exponent's bias differs by 112, which a multiplication mends, for subnormals
    /// too: they cost some ten cycles as float operands, which is less than the instructions that would avoid them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L FromHalf(L bits)
    {
        var shifted = L.ShiftLeftBits(bits, 13) & L.CreateBits(unchecked((int)0x8fffe000));
        var value = shifted * L.Create(5.192296858534828e33f);
        var special = L.GreaterThanBits(shifted & L.CreateBits(0x0fffe000), L.CreateBits(0x0f7fffff));
        return L.Select(special, value | L.CreateBits(0x7f800000), value);
    }

    /// <summary>Rounds to nearest, ties to even; NaN becomes the quiet NaN of its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L ToHalf(L value)
    {
        var magnitude = value & L.CreateBits(int.MaxValue);
        var sign = L.ShiftRightBits(value ^ magnitude, 16);
        var odd = L.ShiftRightBits(magnitude, 13) & L.CreateBits(1);
        // Rebias by −112 and round: a carry out of the mantissa is the next exponent, at the top infinity.
        var normal = L.ShiftRightBits(L.AddBits(magnitude, L.AddBits(L.CreateBits((-112 << 23) + 0xfff), odd)), 13);
        // Adding ½ aligns a small number so that the float adder itself rounds at 2⁻²⁴, the step of subnormal halves.
        var small = L.SubtractBits(magnitude + L.Create(0.5f), L.Create(0.5f));
        var result = L.Select(L.GreaterThanBits(L.CreateBits(113 << 23), magnitude), small, normal);
        result = L.Select(L.GreaterThanBits(magnitude, L.CreateBits(0x477fffff)), L.CreateBits(0x7c00), result);
        result = L.Select(L.GreaterThanBits(magnitude, L.CreateBits(0x7f800000)), L.CreateBits(0x7e00), result);
        return result | sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L FromBFloat16(L bits) => L.ShiftLeftBits(bits, 16);

    /// <summary>Rounds to nearest, ties to even; NaN becomes quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static L ToBFloat16(L value)
    {
        var odd = L.ShiftRightBits(value, 16) & L.CreateBits(1);
        var rounded = L.ShiftRightBits(L.AddBits(value, L.AddBits(L.CreateBits(0x7fff), odd)), 16);
        var nan = L.GreaterThanBits(value & L.CreateBits(int.MaxValue), L.CreateBits(0x7f800000));
        return L.Select(nan, L.ShiftRightBits(value, 16) | L.CreateBits(0x40), rounded);
    }
}
