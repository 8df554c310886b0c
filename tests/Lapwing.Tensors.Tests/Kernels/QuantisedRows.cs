namespace Lapwing.Tensors.Tests.Kernels;

/// <summary>Rows of random blocks of a type: any bits are a valid block but for the scales, which must be finite and of one size.</summary>
internal static unsafe class QuantisedRows
{
    public static byte* Random(Vectors vectors, Random random, ElementType type, int rows, int columns)
    {
        long bytes = type.RowBytes((long)rows * columns);
        byte* data = vectors.Bytes(bytes);
        random.NextBytes(new Span<byte>(data, (int)bytes));
        if (type is ElementType.F16 or ElementType.BF16)
        {
            // A cleared bit below the top of the exponent keeps numbers small and finite.
            for (long i = 0; i < bytes; i += 2) *(ushort*)(data + i) &= 0xbfff;
            return data;
        }
        int size = type.BlockBytes();
        for (long b = 0; b < bytes; b += size)
            foreach (int offset in Scales(type))
                *(ushort*)(data + b + offset) = BitConverter.HalfToUInt16Bits((Half)(0.01 + 0.02 * random.NextDouble()));
        return data;
    }

    /// <summary>Where a block keeps its binary16 numbers.</summary>
    private static int[] Scales(ElementType type) => type switch
    {
        ElementType.Q4_0 or ElementType.Q5_0 or ElementType.Q8_0 or ElementType.IQ4_NL or ElementType.IQ4_XS => [0],
        ElementType.Q4_1 or ElementType.Q5_1 or ElementType.Q4_K or ElementType.Q5_K => [0, 2],
        ElementType.Q2_K => [80, 82],
        ElementType.Q3_K => [108],
        ElementType.Q6_K => [208],
        _ => throw new ArgumentException($"{type} is not among the tested types"),
    };
}
