namespace Lapwing.Tensors;

/// <summary>
/// Operands of <see cref="VectorKernels.IntegerDots"/>: activations as <see cref="QuantisedActivations"/> makes them, weights as
/// <see cref="UnpackedValues"/> says. Columns are a multiple of 32; other strides count elements.
/// </summary>
internal readonly unsafe struct IntegerProblem
{
    public required short* X { get; init; }

    public required nint XStride { get; init; }

    /// <summary>[tokens, Blocks].</summary>
    public required float* XScales { get; init; }

    /// <summary>[tokens, WGroups]: scaled sums over groups of G, zeros beyond the last.</summary>
    public required float* XSums { get; init; }

    /// <summary>Blocks of 256 in a row, the last perhaps shorter.</summary>
    public required int Blocks { get; init; }

    public required int Tokens { get; init; }

    /// <summary>
    /// Blocks of <see cref="Packing"/>; without one, 16-bit values, multiplied by their factors already if <see cref="WFactors"/> is null.
    /// </summary>
    public required byte* W { get; init; }

    /// <summary>Bytes from one row to the next.</summary>
    public required nint WStride { get; init; }

    /// <summary>A type that <see cref="VectorKernels.TakesPacked"/>, or null.</summary>
    public required ElementType? Packing { get; init; }

    /// <summary>What memory should bring meanwhile: the blocks of the rows after these, or null.</summary>
    public required byte* Ahead { get; init; }

    /// <summary>Bytes of a row there.</summary>
    public required nint AheadStride { get; init; }

    /// <summary>[rows, WGroups]: a group's share of its block's scale, a fraction of 2¹⁵ twice in 32 bits.</summary>
    public required float* WFactors { get; init; }

    /// <summary>[rows, WBlocks].</summary>
    public required float* WScales { get; init; }

    public required nint WBlocks { get; init; }

    public required int WShift { get; init; }

    /// <summary>[rows, WGroups], zeros beyond the last; null where the format has none.</summary>
    public required float* WMinima { get; init; }

    /// <summary>From one row's groups to the next: a multiple of 16.</summary>
    public required nint WGroups { get; init; }

    /// <summary>G: 16 or 32.</summary>
    public required int GroupLength { get; init; }

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    public required float* Y { get; init; }

    public required nint YStride { get; init; }
}
