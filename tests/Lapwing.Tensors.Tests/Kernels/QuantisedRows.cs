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
                *(ushort*)(data + b + offset) = Scale(random);
        for (long b = 0; b < bytes; b += size) SetOtherScales(type, data + b, random);
        return data;
    }

    private static ushort Scale(Random random) => BitConverter.HalfToUInt16Bits((Half)(0.01 + 0.02 * random.NextDouble()));

    /// <summary>Scales that are no binary16 of their own.</summary>
    private static void SetOtherScales(ElementType type, byte* block, Random random)
    {
        switch (type)
        {
            case ElementType.Q8_K:
                *(float*)block = (float)(0.01 + 0.02 * random.NextDouble());
                break;
            case ElementType.IQ1_M: // a binary16 in the upper nibbles of four words
                int scale = Scale(random);
                for (int i = 0; i < 4; i++)
                {
                    ushort* word = (ushort*)(block + 48 + 2 * i);
                    *word = (ushort)(*word & 0x0fff | (scale >> 4 * i & 15) << 12);
                }
                break;
            case ElementType.MXFP4:
                *block = (byte)(118 + random.Next(5));
                break;
            case ElementType.NVFP4:
                for (int i = 0; i < 4; i++) block[i] = (byte)(0x20 + random.Next(16));
                break;
        }
    }

    /// <summary>Where a block keeps its binary16 numbers.</summary>
    private static int[] Scales(ElementType type) => type switch
    {
        ElementType.Q4_0 or ElementType.Q5_0 or ElementType.Q8_0 or ElementType.IQ4_NL or ElementType.IQ4_XS => [0],
        ElementType.Q4_1 or ElementType.Q5_1 or ElementType.Q4_K or ElementType.Q5_K => [0, 2],
        ElementType.Q2_K => [80, 82],
        ElementType.Q3_K => [108],
        ElementType.Q6_K => [208],
        ElementType.Q8_1 or ElementType.IQ1_S or ElementType.IQ2_XXS or ElementType.IQ2_XS or ElementType.IQ2_S or ElementType.IQ3_XXS or ElementType.IQ3_S => [0],
        ElementType.TQ1_0 => [52],
        ElementType.TQ2_0 => [64],
        ElementType.Q8_K or ElementType.IQ1_M or ElementType.MXFP4 or ElementType.NVFP4 => [],
        _ => throw new ArgumentException($"{type} is not among the tested types"),
    };
}
