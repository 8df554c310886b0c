namespace Lapwing.Tensors;

/// <summary>
/// Operands of <see cref="VectorKernels.IntegerDots"/>: w[o, i] ≈ WScales[o, i / G]·W[o, i] + WMinima[o, i / G] against activations quantised
/// as <see cref="QuantisedActivations"/> says. Columns are a multiple of 32, padded with zeros if need be; strides count elements.
/// </summary>
internal readonly unsafe struct IntegerProblem
{
    public required short* X { get; init; }

    public required nint XStride { get; init; }

    /// <summary>[tokens, XBlocks].</summary>
    public required float* XScales { get; init; }

    public required nint XBlocks { get; init; }

    /// <summary>[tokens, XGroups]: sums over groups of G.</summary>
    public required float* XSums { get; init; }

    public required nint XGroups { get; init; }

    public required int Tokens { get; init; }

    public required short* W { get; init; }

    public required nint WStride { get; init; }

    public required float* WScales { get; init; }

    /// <summary>Null where the format has none.</summary>
    public required float* WMinima { get; init; }

    /// <summary>From one row's scales or minima to the next: a multiple of 16, zeros beyond the last group.</summary>
    public required nint WGroups { get; init; }

    /// <summary>G: 16 or 32.</summary>
    public required int GroupLength { get; init; }

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    public required float* Y { get; init; }

    public required nint YStride { get; init; }
}
