using System.Security.Cryptography;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

public sealed unsafe class QuantiseTests
{
    private const string Digests = """
        F32 26d73a6d3a97
        F16 ef548bf3de47
        Q4_0 d98c2adc2a14
        Q4_1 7562a61e9fbe
        Q5_0 341c6cafc086
        Q5_1 06e288c185f2
        Q8_0 8741bd0d73a5
        Q8_1 5c5285b84e75
        Q2_K 01dba949cd23
        Q3_K 2a3c3b3f24b8
        Q4_K 353386265d20
        Q5_K 9123a7f98b97
        Q6_K 0f38e4113e2a
        Q8_K 9d71d5d1d56e
        IQ4_NL 4ab9710bfd14
        IQ4_XS a6d24eee187e
        BF16 0d0da763d2e7
        TQ1_0 0fdaf51a805d
        TQ2_0 568b54b623fc
        MXFP4 388a1373aacb
        """;

    public static TheoryData<ElementType> Written => new(Enum.GetValues<ElementType>().Where(BlockCodec.CanQuantise));

    /// <summary>Error relative to the row's root mean square, on normal numbers of which one in 64 is four times as large.</summary>
    [Theory]
    [InlineData(ElementType.F32, 0)]
    [InlineData(ElementType.F16, 0.0003)]
    [InlineData(ElementType.BF16, 0.0022)]
    [InlineData(ElementType.Q8_0, 0.007)]
    [InlineData(ElementType.Q8_1, 0.007)]
    [InlineData(ElementType.Q8_K, 0.014)]
    [InlineData(ElementType.Q6_K, 0.021)]
    [InlineData(ElementType.Q5_0, 0.055)]
    [InlineData(ElementType.Q5_1, 0.045)]
    [InlineData(ElementType.Q5_K, 0.047)]
    [InlineData(ElementType.Q4_0, 0.11)]
    [InlineData(ElementType.Q4_1, 0.09)]
    [InlineData(ElementType.Q4_K, 0.09)]
    [InlineData(ElementType.IQ4_NL, 0.095)]
    [InlineData(ElementType.IQ4_XS, 0.095)]
    [InlineData(ElementType.MXFP4, 0.13)]
    [InlineData(ElementType.Q3_K, 0.175)]
    [InlineData(ElementType.Q2_K, 0.30)]
    [InlineData(ElementType.TQ1_0, 0.56)]
    [InlineData(ElementType.TQ2_0, 0.56)]
    public void Distortion_stays_within_the_formats_bound(ElementType type, double bound)
    {
        float[] x = Normal(16 * 256, 5, outliers: true);
        float[] y = RoundTrip(type, x);
        double error = Math.Sqrt(Square(x.Zip(y, (a, b) => a - b)) / Square(x));
        Assert.True(error <= bound, $"{type}: {error:f5} exceeds {bound}");
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Weights_steer_the_error_to_where_it_matters_least(ElementType type)
    {
        if (!type.IsQuantised()) return;
        float[] x = Normal(16 * 256, 6, outliers: true);
        float[] w = Normal(x.Length, 7, outliers: false).Select(v => MathF.Exp(1.5f * v)).ToArray();
        double plain = Square(x.Zip(RoundTrip(type, x), (a, b) => a - b), w);
        double weighted = Square(x.Zip(RoundTrip(type, x, w), (a, b) => a - b), w);
        Assert.True(weighted <= plain, $"{type}: {weighted} > {plain}");
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Zeros_constants_and_tiny_and_huge_numbers_survive(ElementType type)
    {
        int length = Math.Max(type.BlockLength(), 32);
        foreach (float value in new[] { 0f, -0f, 1f, -1f, 0.3f, 65504f, -65504f, 1e-4f, 1e-6f, -3e-8f, 1e-30f, float.Epsilon })
        {
            float[] y = RoundTrip(type, Enumerable.Repeat(value, length).ToArray());
            // Most formats hold a constant to the precision of their half; MXFP4 has only three significant bits.
            double tolerance = MathF.Abs(value) * (type == ElementType.MXFP4 ? 0.2 : 0.02) + (type.IsQuantised() || type == ElementType.F16 ? 2e-7 : 1e-40);
            Assert.All(y, v => Assert.True(Math.Abs(v - (double)value) <= tolerance, $"{type}: {value} became {v}"));
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void One_element_among_zeros_keeps_its_place(ElementType type)
    {
        int length = Math.Max(type.BlockLength(), 32);
        for (int i = 0; i < length; i += 7)
        {
            var x = new float[length];
            x[i] = i % 2 == 0 ? 0.75f : -0.75f;
            float[] y = RoundTrip(type, x);
            for (int k = 0; k < length; k++) Assert.True(Math.Abs(y[k] - x[k]) <= 0.01, $"{type} [{k}]: {x[k]} became {y[k]}");
        }
    }

    [Theory]
    [InlineData(ElementType.Q4_0)]
    [InlineData(ElementType.Q4_1)]
    [InlineData(ElementType.Q5_0)]
    [InlineData(ElementType.Q5_1)]
    [InlineData(ElementType.Q8_0)]
    [InlineData(ElementType.IQ4_NL)]
    [InlineData(ElementType.MXFP4)]
    [InlineData(ElementType.TQ1_0)]
    [InlineData(ElementType.TQ2_0)]
    public void Requantising_what_a_type_holds_loses_next_to_nothing(ElementType type)
    {
        float[] x = RoundTrip(type, Normal(8 * 256, 8, outliers: true));
        float[] y = RoundTrip(type, x);
        double error = Math.Sqrt(Square(x.Zip(y, (a, b) => a - b)) / Square(x));
        Assert.True(error < 2e-4, $"{type}: {error}");
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Rows_of_every_length_quantise_block_by_block(ElementType type)
    {
        int length = type.BlockLength();
        float[] x = Normal(length * 9, 9, outliers: true);
        byte[] whole = Quantise(type, x);
        for (int blocks = 0; blocks <= 9; blocks++)
        {
            byte[] part = Quantise(type, x[..(blocks * length)]);
            Assert.Equal(whole[..part.Length], part);
        }
    }

    // The hash was made on a machine with AVX-512; every other level must write the same bytes.
    [Fact]
    public void Every_machine_writes_the_same_bytes()
    {
        float[] x = Normal(6 * 256, 10, outliers: true);
        float[] w = Normal(x.Length, 11, outliers: false).Select(v => v * v).ToArray();
        var digests = Enum.GetValues<ElementType>().Where(BlockCodec.CanQuantise).Select(type =>
        {
            byte[] both = [.. Quantise(type, x), .. Quantise(type, x, w)];
            return $"{type} {Convert.ToHexStringLower(SHA256.HashData(both))[..12]}";
        });
        Assert.Equal(Digests.ReplaceLineEndings("\n"), string.Join('\n', digests));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Numbers_that_are_not_finite_or_too_large_are_named(ElementType type)
    {
        float[] x = Normal(512, 12, outliers: false);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] broken = [.. x];
            broken[301] = bad;
            var error = Assert.Throws<ArgumentException>(() => Quantise(type, broken));
            Assert.Contains("element 301 is", error.Message, StringComparison.Ordinal);
        }

        if (type is ElementType.F32 or ElementType.BF16 or ElementType.Q8_K or ElementType.MXFP4) return;
        x[5] = -70000;
        Assert.Contains("element 5 is -70000", Assert.Throws<ArgumentException>(() => Quantise(type, x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Importance_must_be_finite_and_not_negative_and_may_be_nothing()
    {
        float[] x = Normal(64, 13, outliers: false), w = Enumerable.Repeat(1f, 64).ToArray();
        w[40] = -1;
        Assert.Contains("importance 40", Assert.Throws<ArgumentException>(() => Quantise(ElementType.Q4_0, x, w)).Message, StringComparison.Ordinal);
        w[40] = float.NaN;
        Assert.Contains("importance 40", Assert.Throws<ArgumentException>(() => Quantise(ElementType.Q4_0, x, w)).Message, StringComparison.Ordinal);
        Assert.Equal(Quantise(ElementType.Q4_0, x), Quantise(ElementType.Q4_0, x, new float[64]));
        Assert.Equal(Quantise(ElementType.Q4_0, x), Quantise(ElementType.Q4_0, x, Enumerable.Repeat(4e20f, 64).ToArray()));
    }

    [Fact]
    public void Types_that_cannot_be_written_say_so()
    {
        float[] x = new float[256];
        foreach (var type in Enum.GetValues<ElementType>().Where(t => !BlockCodec.CanQuantise(t)))
            Assert.Contains(type.ToString(), Assert.Throws<NotSupportedException>(() => Quantise(type, x)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Quantise(ElementType.Q4_K, new float[100]));
    }

    private static byte[] Quantise(ElementType type, float[] x, float[]? w = null)
    {
        var bytes = new byte[type.RowBytes(x.Length)];
        fixed (float* xp = x, wp = w)
        fixed (byte* b = bytes)
            BlockCodec.Quantise(type, xp, b, x.Length, wp);
        return bytes;
    }

    private static float[] RoundTrip(ElementType type, float[] x, float[]? w = null)
    {
        byte[] bytes = Quantise(type, x, w);
        var y = new float[x.Length];
        fixed (byte* b = bytes)
        fixed (float* yp = y)
            BlockCodec.Dequantise(type, b, yp, y.Length);
        return y;
    }

    // Sums of twelve uniform numbers: normal enough, and exact, so that the numbers are the same on every machine.
    private static float[] Normal(int count, int seed, bool outliers)
    {
        var random = new Random(seed);
        var x = new float[count];
        for (int i = 0; i < count; i++)
        {
            int sum = 0;
            for (int k = 0; k < 12; k++) sum += random.Next(1 << 16);
            x[i] = (sum - 6 * 65536) / 65536f * (outliers && i % 64 == 17 ? 4 : 1);
        }

        return x;
    }

    private static double Square(IEnumerable<float> x) => x.Sum(v => (double)v * v);

    private static double Square(IEnumerable<float> x, float[] w) => x.Zip(w, (v, weight) => (double)v * v * weight).Sum();
}
