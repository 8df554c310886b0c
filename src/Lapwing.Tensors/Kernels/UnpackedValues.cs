namespace Lapwing.Tensors;

/// <summary>
/// How unpacked weights, scale[g]·value[k], become multiples of one scale for each 256: the value times a power of two that brings it to 13
/// bits, times scale[g] / max |scale| as a fraction of 2¹⁵, rounded. What that loses is 1/16384 of the block's greatest weight: a hundredth of
/// what 8-bit activations lose, and a float addition for 256 elements instead of each 32.
/// </summary>
internal static class UnpackedValues
{
    /// <summary>Bound of |value · 2^shift|.</summary>
    public const int Bound = 1 << 13;

    /// <summary>The exponent of that power of two, by the greatest value that the format holds.</summary>
    public static int Shift(ElementType type) => type switch
    {
        ElementType.TQ1_0 or ElementType.TQ2_0 => 12,
        ElementType.Q2_K or ElementType.Q3_K => 11,
        ElementType.Q4_0 => 10,
        ElementType.Q4_1 or ElementType.Q5_0 or ElementType.Q4_K or ElementType.MXFP4 or ElementType.NVFP4 => 9,
        ElementType.IQ1_S or ElementType.IQ1_M or ElementType.IQ3_S => 9,
        ElementType.Q5_1 or ElementType.Q5_K or ElementType.Q6_K => 8,
        ElementType.IQ2_XXS or ElementType.IQ2_XS or ElementType.IQ2_S or ElementType.IQ3_XXS => 7,
        ElementType.Q8_0 or ElementType.Q8_1 or ElementType.Q8_K or ElementType.IQ4_NL or ElementType.IQ4_XS => 6,
        _ => 5,
    };
}
