namespace Lapwing.Tensors;

/// <summary>Operands of <see cref="VectorKernels.Dots"/>; strides count floats.</summary>
internal readonly unsafe struct DotProblem
{
    public required float* X { get; init; }

    public required nint XStride { get; init; }

    public required int Tokens { get; init; }

    public required float* W { get; init; }

    public required nint WStride { get; init; }

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    public required float* Y { get; init; }

    public required nint YStride { get; init; }
}
