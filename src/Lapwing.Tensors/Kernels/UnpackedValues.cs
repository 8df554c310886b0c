namespace Lapwing.Tensors;

/// <summary>
/// How unpacked weights, scale[g]·value[k], become multiples of one scale for each 256: the value times a power of two that brings it to 13
/// bits, times scale[g] / max |scale| as a fraction of 2¹⁵, rounded. What that loses is 1/16384 of the block's greatest weight: a hundredth of
/// what 8-bit activations lose, and a float addition for 256 elements instead of each 32.
/// </summary>
internal static class UnpackedValues
{
    /// <summary>Bound of |value · power|.</summary>
    public const int Bound = 8192;

    /// <summary>The power of two for a type, by the greatest value that its format holds.</summary>
    public static int Power(ElementType type) => type switch
    {
        ElementType.TQ1_0 or ElementType.TQ2_0 => Bound / 2,
        ElementType.Q2_K or ElementType.Q3_K => Bound / 4,
        ElementType.Q4_0 => Bound / 8,
        ElementType.Q4_1 or ElementType.Q5_0 or ElementType.Q4_K or ElementType.MXFP4 or ElementType.NVFP4 => Bound / 16,
        ElementType.IQ1_S or ElementType.IQ1_M or ElementType.IQ3_S => Bound / 16,
        ElementType.Q5_1 or ElementType.Q5_K or ElementType.Q6_K => Bound / 32,
        ElementType.IQ2_XXS or ElementType.IQ2_XS or ElementType.IQ2_S or ElementType.IQ3_XXS => Bound / 64,
        ElementType.Q8_0 or ElementType.Q8_1 or ElementType.Q8_K or ElementType.IQ4_NL or ElementType.IQ4_XS => Bound / 128,
        _ => Bound / 256,
    };
}
