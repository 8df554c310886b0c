using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class IntegerProductTests
{
    private static readonly ElementType[] Types =
    [
        ElementType.Q4_0, ElementType.Q4_1, ElementType.Q5_0, ElementType.Q5_1, ElementType.Q8_0, ElementType.Q2_K, ElementType.Q3_K, ElementType.Q4_K,
        ElementType.Q5_K, ElementType.Q6_K, ElementType.IQ4_NL, ElementType.IQ4_XS,
    ];

    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    [Theory, MemberData(nameof(Levels))]
    public void A_product_strays_from_the_exact_one_by_the_rounding_of_activations_only(InstructionLevel level)
    {
        var random = new Random(21);
        using var team = new ThreadTeam(2);
        var arithmetic = new FastArithmetic(team, level).Decoding;
        foreach (var type in Types)
            foreach (int columns in type.BlockLength() == 256 ? (int[])[256, 768, 1536] : [32, 64, 224, 256, 288, 576, 1536])
                foreach (var (tokens, rows) in (ReadOnlySpan<(int, int)>)[(1, 1), (1, 9), (2, 3), (3, 4), (5, 6), (8, 33)])
                {
                    using var vectors = new Vectors();
                    byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
                    float* w = vectors.Floats(rows * columns), x = vectors.Random(random, tokens * columns), y = vectors.Floats(tokens * rows);
                    x[random.Next(tokens * columns)] = 100; // an outlier, as real activations have them
                    BlockCodec.Dequantise(type, data, w, rows * columns);
                    arithmetic.Linear(new WeightMatrix(type, data, rows, columns), x, tokens, y);
                    for (int t = 0; t < tokens; t++)
                        for (int o = 0; o < rows; o++)
                        {
                            double sum = 0, size = 0, rounding = 0;
                            // A weight is rounded to 1/16384 of its block's greatest, and its scale to 1/65534.
                            for (int start = 0; start < columns; start += 256)
                            {
                                double max = 0, weights = 0, greatest = 0, activations = 0;
                                for (int i = start; i < Math.Min(start + 256, columns); i++)
                                {
                                    max = Math.Max(max, Math.Abs(x[t * columns + i]));
                                    weights += Math.Abs(w[o * columns + i]);
                                    greatest = Math.Max(greatest, Math.Abs(w[o * columns + i]));
                                    activations += Math.Abs(x[t * columns + i]);
                                    sum += (double)x[t * columns + i] * w[o * columns + i];
                                    size += Math.Abs((double)x[t * columns + i] * w[o * columns + i]);
                                }
                                rounding += max / 16383 / 2 * weights + Reach(type) * greatest * activations * (1 / 12288.0 + 1 / 65534.0);
                            }
                            // Minima cancel against values, so their own size counts in what float32 may lose: 16 times is ample.
                            Assert.Equal(sum, y[t * rows + o], rounding + 16 * 4e-7 * size + 1e-6);
                        }
                }
    }

    [Fact]
    public void Unpacked_values_stay_within_thirteen_bits()
    {
        var random = new Random(27);
        using var vectors = new Vectors();
        const int columns = 256 * 64;
        short* values = (short*)vectors.Bytes(columns * 2);
        float* scales = vectors.Floats(columns / 16), minima = vectors.Floats(columns / 16);
        foreach (var type in Enum.GetValues<ElementType>().Where(BlockCodec.CanUnpack))
        {
            long bytes = type.RowBytes(columns);
            byte* data = vectors.Bytes(bytes);
            random.NextBytes(new Span<byte>(data, (int)bytes));
            BlockCodec.Unpack(type, data, columns, values, scales, minima);
            int greatest = 0;
            for (int i = 0; i < columns; i++) greatest = Math.Max(greatest, Math.Abs((int)values[i]));
            int scaled = greatest << UnpackedValues.Shift(type);
            Assert.True(scaled <= UnpackedValues.Bound, $"{type}: {greatest} is too large for its shift");
            Assert.True(scaled > UnpackedValues.Bound / 4, $"{type}: {greatest} leaves bits unused");
        }
    }

    [Fact]
    public void Every_level_gives_the_bits_of_the_portable_one_on_any_number_of_tokens_rows_and_threads()
    {
        var random = new Random(22);
        using var one = new ThreadTeam(1);
        using var two = new ThreadTeam(2);
        const int tokens = 13, rows = 87;
        foreach (var type in Types)
            foreach (int columns in type.BlockLength() == 256 ? (int[])[768] : [96, 576])
            {
                using var vectors = new Vectors();
                byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
                var weight = new WeightMatrix(type, data, rows, columns);
                float* x = vectors.Random(random, tokens * columns), y = vectors.Floats(tokens * rows), expected = vectors.Floats(tokens * rows);
                for (int t = 0; t < tokens; t++)
                    new FastArithmetic(one, InstructionLevel.Portable).Decoding.Linear(weight, x + t * columns, 1, expected + t * rows);
                foreach (var level in InstructionLevels.Available)
                    foreach (var team in (ThreadTeam[])[one, two])
                    {
                        var arithmetic = new FastArithmetic(team, level).Decoding;
                        arithmetic.Linear(weight, x, tokens, y);
                        Vectors.SameBits(expected, y, tokens * rows, $"{type} at {level}, all tokens");
                        // Three slices of rows as three matrices that share x.
                        float* a = vectors.Floats(tokens * 5), b = vectors.Floats(tokens * 60), c = vectors.Floats(tokens * 22);
                        arithmetic.Linear([weight.Slice(0, 5), weight.Slice(5, 60), weight.Slice(65, 22)], x, tokens, [(nint)a, (nint)b, (nint)c]);
                        for (int t = 0; t < tokens; t++)
                        {
                            Vectors.SameBits(expected + t * rows, a + t * 5, 5, $"{type} at {level}, rows 0 … 4");
                            Vectors.SameBits(expected + t * rows + 5, b + t * 60, 60, $"{type} at {level}, rows 5 … 64");
                            Vectors.SameBits(expected + t * rows + 65, c + t * 22, 22, $"{type} at {level}, rows 65 …");
                        }
                    }
            }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Mixed_types_of_weights_share_an_input(InstructionLevel level)
    {
        var random = new Random(23);
        using var team = new ThreadTeam(2);
        var arithmetic = new FastArithmetic(team, level).Decoding;
        using var vectors = new Vectors();
        const int tokens = 3, rows = 20, columns = 256;
        ElementType[] types = [ElementType.Q4_K, ElementType.Q6_K, ElementType.F16, ElementType.Q8_0, ElementType.F32];
        var weights = types.Select(type => type == ElementType.F32
            ? new WeightMatrix(type, (byte*)vectors.Random(random, rows * columns), rows, columns)
            : new WeightMatrix(type, QuantisedRows.Random(vectors, random, type, rows, columns), rows, columns)).ToArray();
        var outputs = types.Select(_ => (nint)vectors.Floats(tokens * rows)).ToArray();
        float* x = vectors.Random(random, tokens * columns), y = vectors.Floats(tokens * rows);
        arithmetic.Linear(weights, x, tokens, outputs);
        for (int m = 0; m < types.Length; m++)
        {
            arithmetic.Linear(weights[m], x, tokens, y);
            Vectors.SameBits(y, (float*)outputs[m], tokens * rows, $"{types[m]}");
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Extremes_of_activations_are_kept_or_shown(InstructionLevel level)
    {
        using var team = new ThreadTeam(1);
        var arithmetic = new FastArithmetic(team, level).Decoding;
        using var vectors = new Vectors();
        const int columns = 288;
        byte* data = QuantisedRows.Random(vectors, new Random(24), ElementType.Q8_0, 1, columns);
        var weight = new WeightMatrix(ElementType.Q8_0, data, 1, columns);
        float* w = vectors.Floats(columns), x = vectors.Floats(columns), y = vectors.Floats(1);
        BlockCodec.Dequantise(ElementType.Q8_0, data, w, columns);
        arithmetic.Linear(weight, x, 1, y);
        Assert.Equal(0, *y);
        foreach (float value in (float[])[1e-25f, 1, 1e30f])
        {
            new Span<float>(x, columns).Clear();
            x[270] = value;
            arithmetic.Linear(weight, x, 1, y);
            Assert.Equal(value * w[270], *y, value * 127 * 0.03f / 8192);
        }
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            new Span<float>(x, columns).Fill(1);
            x[3] = value;
            arithmetic.Linear(weight, x, 1, y);
            Assert.True(float.IsNaN(*y));
        }
    }

    [Fact]
    public void A_warm_product_allocates_nothing()
    {
        using var team = new ThreadTeam(1);
        using var vectors = new Vectors();
        const int rows = 64, columns = 576;
        var weight = new WeightMatrix(ElementType.Q4_1, QuantisedRows.Random(vectors, new Random(25), ElementType.Q4_1, rows, columns), rows, columns);
        float* x = vectors.Random(new Random(26), columns), y = vectors.Floats(rows);
        foreach (Arithmetic arithmetic in (Arithmetic[])[new FastArithmetic(team), new ExactArithmetic(team)])
        {
            for (int i = 0; i < 50; i++) arithmetic.Linear(weight, x, 1, y);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++) arithmetic.Linear(weight, x, 1, y);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    /// <summary>With minima, the values reach further than the weights: −minimum + weight, about twice as far (and by more in a lopsided block).</summary>
    private static double Reach(ElementType type) => BlockCodec.HasMinima(type) ? 4 : 1;
}
