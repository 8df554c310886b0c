namespace Lapwing.Tensors.Blocks;

/// <summary>
/// Every element type's codec behind one door: to float32 (<see cref="Dequantise"/>), to small integers with scales for the fast path
/// (<see cref="Unpack"/>), from float32 (<see cref="Quantise"/>). The block layouts are those of the GGUF file format (ggml-common.h).
/// Pointers need no alignment. The caller answers for their extents: a row of count elements has <see cref="ElementTypes.RowBytes"/> bytes.
/// </summary>
public static unsafe partial class BlockCodec
{
    /// <summary>Whether <see cref="Unpack"/> takes the type: every quantised one.</summary>
    public static bool CanUnpack(ElementType type) => type.IsKnown() && type.IsQuantised();

    /// <summary>Whether elements have an offset beside their scale.</summary>
    public static bool HasMinima(ElementType type) =>
        type is ElementType.Q4_1 or ElementType.Q5_1 or ElementType.Q2_K or ElementType.Q4_K or ElementType.Q5_K;

    /// <summary>Elements that share one scale in <see cref="Unpack"/>'s output: 16 or 32.</summary>
    public static int GroupLength(ElementType type) => type switch
    {
        ElementType.Q2_K or ElementType.Q3_K or ElementType.Q6_K or ElementType.IQ2_XS or ElementType.IQ2_S or ElementType.IQ1_M
            or ElementType.NVFP4 => 16,
        _ => 32,
    };

    /// <summary>
    /// A row of <paramref name="count"/> elements as small integers: element k is scales[k / G] · values[k] (+ minima[k / G] where
    /// <see cref="HasMinima"/>), G = <see cref="GroupLength"/>, |values| ≤ 255.
    /// </summary>
    /// <param name="type">A quantised type.</param>
    /// <param name="source">The row's blocks.</param>
    /// <param name="count">Elements: whole blocks.</param>
    /// <param name="values">[count].</param>
    /// <param name="scales">[count / G].</param>
    /// <param name="minima">[count / G] for types that have them; else untouched and may be null.</param>
    /// <exception cref="NotSupportedException">The type is not quantised.</exception>
    public static void Unpack(ElementType type, byte* source, int count, short* values, float* scales, float* minima)
    {
        switch (type)
        {
            case ElementType.Q4_0: Q4_0.Unpack(source, count, values, scales); break;
            case ElementType.Q4_1: Q4_1.Unpack(source, count, values, scales, minima); break;
            case ElementType.Q5_0: Q5_0.Unpack(source, count, values, scales); break;
            case ElementType.Q5_1: Q5_1.Unpack(source, count, values, scales, minima); break;
            case ElementType.Q8_0: Q8_0.Unpack(source, count, values, scales); break;
            case ElementType.Q8_1: Q8_1.Unpack(source, count, values, scales); break;
            case ElementType.Q2_K: Q2_K.Unpack(source, count, values, scales, minima); break;
            case ElementType.Q3_K: Q3_K.Unpack(source, count, values, scales); break;
            case ElementType.Q4_K: Q4_K.Unpack(source, count, values, scales, minima); break;
            case ElementType.Q5_K: Q5_K.Unpack(source, count, values, scales, minima); break;
            case ElementType.Q6_K: Q6_K.Unpack(source, count, values, scales); break;
            case ElementType.Q8_K: Q8_K.Unpack(source, count, values, scales); break;
            case ElementType.IQ1_S: IQ1_S.Unpack(source, count, values, scales); break;
            case ElementType.IQ1_M: IQ1_M.Unpack(source, count, values, scales); break;
            case ElementType.IQ2_XXS: IQ2_XXS.Unpack(source, count, values, scales); break;
            case ElementType.IQ2_XS: IQ2_XS.Unpack(source, count, values, scales); break;
            case ElementType.IQ2_S: IQ2_S.Unpack(source, count, values, scales); break;
            case ElementType.IQ3_XXS: IQ3_XXS.Unpack(source, count, values, scales); break;
            case ElementType.IQ3_S: IQ3_S.Unpack(source, count, values, scales); break;
            case ElementType.IQ4_NL: IQ4_NL.Unpack(source, count, values, scales); break;
            case ElementType.IQ4_XS: IQ4_XS.Unpack(source, count, values, scales); break;
            case ElementType.TQ1_0: TQ1_0.Unpack(source, count, values, scales); break;
            case ElementType.TQ2_0: TQ2_0.Unpack(source, count, values, scales); break;
            case ElementType.MXFP4: MXFP4.Unpack(source, count, values, scales); break;
            case ElementType.NVFP4: NVFP4.Unpack(source, count, values, scales); break;
            default: throw new NotSupportedException($"{type} has no blocks to unpack");
        }
    }
}
