namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class HalfConversionTests
{
    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    [Theory, MemberData(nameof(Levels))]
    public void Every_half_and_every_bfloat16_widens_exactly(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        using var vectors = new Vectors();
        ushort* bits = (ushort*)vectors.Bytes(65536 * 2), back = (ushort*)vectors.Bytes(65536 * 2);
        float* y = vectors.Floats(65536);
        for (int i = 0; i < 65536; i++) bits[i] = (ushort)i;
        kernels.FromHalf(bits, y, 65536);
        kernels.ToHalf(y, back, 65536);
        for (int i = 0; i < 65536; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            Assert.Equal(expected, y[i]);
            if (float.IsNaN(expected)) Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(back[i])));
            else Assert.Equal(i, back[i]);
        }
        kernels.FromBFloat16(bits, y, 65536);
        kernels.ToBFloat16(y, back, 65536);
        for (int i = 0; i < 65536; i++)
        {
            Assert.Equal(i << 16, BitConverter.SingleToInt32Bits(y[i]));
            Assert.Equal(float.IsNaN(y[i]) ? i | 0x40 : i, back[i]);
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Narrowing_rounds_to_nearest_even(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(7);
        const int n = 200_003;
        using var vectors = new Vectors();
        float* x = vectors.Floats(n);
        ushort* half = (ushort*)vectors.Bytes(n * 2), brain = (ushort*)vectors.Bytes(n * 2);
        for (int i = 0; i < n; i++)
        {
            // Mantissas that end on or beside a tie, exponents around both ends of binary16.
            int tail = random.Next(3) switch { 0 => 0x1000, 1 => 0xfff, _ => random.Next(0x2000) };
            int exponent = random.Next(2) == 0 ? random.Next(100, 146) : random.Next(256);
            x[i] = BitConverter.Int32BitsToSingle(random.Next(2) << 31 | exponent << 23 | random.Next(1 << 10) << 13 | tail);
        }
        x[0] = 65519.996f;
        x[1] = 65520f;
        x[2] = float.PositiveInfinity;
        x[3] = -0f;
        kernels.ToHalf(x, half, n);
        kernels.ToBFloat16(x, brain, n);
        for (int i = 0; i < n; i++)
        {
            if (float.IsNaN(x[i]))
            {
                Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(half[i])));
                Assert.True(float.IsNaN(BitConverter.Int32BitsToSingle(brain[i] << 16)));
                continue;
            }
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)x[i]), half[i]);
            uint u = BitConverter.SingleToUInt32Bits(x[i]);
            Assert.Equal((ushort)((u + 0x7fff + (u >> 16 & 1)) >> 16), brain[i]);
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Ragged_lengths_touch_nothing_beyond(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(8);
        foreach (int n in Vectors.Lengths)
        {
            using var vectors = new Vectors();
            float* x = vectors.Random(random, n), y = vectors.Floats(n);
            ushort* bits = (ushort*)vectors.Bytes(n * 2);
            kernels.ToHalf(x, bits, n);
            kernels.FromHalf(bits, y, n);
            for (int i = 0; i < n; i++) Assert.Equal((float)(Half)x[i], y[i]);
        }
    }
}
