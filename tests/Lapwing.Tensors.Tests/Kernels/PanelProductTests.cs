using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class PanelProductTests
{
    private static readonly ElementType[] Types = [.. Enum.GetValues<ElementType>().Where(BlockCodec.CanUnpack)];

    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    /// <summary>The slow twin: one output after the other, integers in 64 bits, the float operations that <see cref="PanelKernels"/> names.</summary>
    [Theory, MemberData(nameof(Levels))]
    public void Every_level_gives_the_bits_of_the_slow_twin_on_any_number_of_tokens_rows_and_threads(InstructionLevel level)
    {
        var random = new Random(31);
        using var one = new ThreadTeam(1);
        using var two = new ThreadTeam(2);
        const int tokens = 15, rows = 70;
        foreach (var type in Types)
            foreach (int columns in type.BlockLength() switch { 256 => (int[])[256, 768], 64 => [64, 192], _ => [32, 96, 576] })
            {
                using var vectors = new Vectors();
                byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
                var weight = new WeightMatrix(type, data, rows, columns);
                float* x = vectors.Random(random, tokens * columns), y = vectors.Floats(tokens * rows), expected = vectors.Floats(tokens * rows);
                x[random.Next(tokens * columns)] = 300;
                Slow(weight, x, tokens, expected);
                foreach (var team in (ThreadTeam[])[one, two])
                {
                    var arithmetic = new FastArithmetic(team, level);
                    foreach (int count in (int[])[tokens, 12, 7, 1])
                    {
                        arithmetic.Linear(weight, x, count, y);
                        Vectors.SameBits(expected, y, count * rows, $"{type}, {columns} columns, {count} tokens");
                    }
                    float* a = vectors.Floats(tokens * 5), b = vectors.Floats(tokens * 65);
                    arithmetic.Linear([weight.Slice(0, 5), weight.Slice(5, 65)], x, tokens, [(nint)a, (nint)b]);
                    for (int t = 0; t < tokens; t++)
                    {
                        Vectors.SameBits(expected + t * rows, a + t * 5, 5, $"{type}, rows 0 … 4");
                        Vectors.SameBits(expected + t * rows + 5, b + t * 65, 65, $"{type}, rows 5 …");
                    }
                }
            }
    }

    [Theory, MemberData(nameof(Levels))]
    public void A_product_strays_from_the_exact_one_by_the_rounding_of_activations_only(InstructionLevel level)
    {
        var random = new Random(32);
        using var team = new ThreadTeam(2);
        var arithmetic = new FastArithmetic(team, level);
        const int tokens = 7, rows = 33, columns = 768;
        foreach (var type in Types)
        {
            using var vectors = new Vectors();
            byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
            float* w = vectors.Floats(rows * columns), x = vectors.Random(random, tokens * columns), y = vectors.Floats(tokens * rows);
            x[random.Next(tokens * columns)] = 100;
            for (int r = 0; r < rows; r++) BlockCodec.Dequantise(type, data + r * type.RowBytes(columns), w + r * columns, columns);
            arithmetic.Linear(new WeightMatrix(type, data, rows, columns), x, tokens, y);
            int group = BlockCodec.GroupLength(type);
            for (int t = 0; t < tokens; t++)
                for (int o = 0; o < rows; o++)
                {
                    double sum = 0, size = 0, rounding = 0;
                    for (int start = 0; start < columns; start += group)
                    {
                        double max = 0, weights = 0;
                        for (int i = start; i < start + group; i++)
                        {
                            max = Math.Max(max, Math.Abs(x[t * columns + i]));
                            weights += Math.Abs(w[o * columns + i]);
                            sum += (double)x[t * columns + i] * w[o * columns + i];
                            size += Math.Abs((double)x[t * columns + i] * w[o * columns + i]);
                        }
                        rounding += max / 127 / 2 * weights;
                    }
                    Assert.Equal(sum, y[t * rows + o], rounding + 16 * 4e-7 * size + 1e-6);
                }
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Extremes_of_activations_are_kept_or_shown(InstructionLevel level)
    {
        using var team = new ThreadTeam(1);
        var arithmetic = new FastArithmetic(team, level);
        using var vectors = new Vectors();
        const int columns = 288, tokens = 3;
        byte* data = QuantisedRows.Random(vectors, new Random(24), ElementType.Q8_0, 1, columns);
        var weight = new WeightMatrix(ElementType.Q8_0, data, 1, columns);
        float* w = vectors.Floats(columns), x = vectors.Floats(tokens * columns), y = vectors.Floats(tokens);
        BlockCodec.Dequantise(ElementType.Q8_0, data, w, columns);
        arithmetic.Linear(weight, x, tokens, y);
        Assert.Equal(0, *y);
        foreach (float value in (float[])[1e-25f, 1, 1e30f])
        {
            x[columns + 70] = value;
            arithmetic.Linear(weight, x, tokens, y);
            Assert.Equal(0, y[0]);
            Assert.Equal((double)value * w[70], y[1], Math.Abs(1e-6 * value * w[70]));
        }
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            x[columns + 70] = value;
            arithmetic.Linear(weight, x, tokens, y);
            Assert.Equal(0, y[0]);
            Assert.Equal(float.NaN, y[1]);
            Assert.Equal(0, y[2]);
        }
    }

    [Fact]
    public void The_machine_code_is_a_leaf_for_both_calling_conventions()
    {
        foreach (bool windows in (bool[])[false, true])
        {
            byte[] code = BytePanelCode.Assemble(32, 1280, 264, minima: true, added: true, windows);
            Assert.InRange(code.Length, 500, 4096);
            Assert.Equal(0xc3, code[^1]); // ret
            var decoder = Iced.Intel.Decoder.Create(64, code);
            while (decoder.IP < (ulong)code.Length)
            {
                decoder.Decode(out var instruction);
                Assert.False(instruction.IsInvalid);
                Assert.False(instruction.IsStackInstruction && instruction.Code != Iced.Intel.Code.Retnq, instruction.ToString());
            }
        }
    }

    // What rounding left of groups with outliers, after everything else.
    private static float Rest(WeightMatrix weight, float* x, short[] values, float[] scales, float[] minima, float sum)
    {
        int group = BlockCodec.GroupLength(weight.Type), columns = weight.Columns;
        float rms = MathF.Sqrt(VectorMath.SumOfSquares(x, columns) / columns);
        for (int g = 0; g < columns / group; g++)
        {
            float max = 0;
            for (int i = g * group; i < (g + 1) * group; i++) max = Math.Max(max, Math.Abs(x[i]));
            if (max <= 8 * rms) continue;
            float scale = max / 127;
            long product = 0, total = 0;
            for (int i = g * group; i < (g + 1) * group; i++)
            {
                float q = (float)Math.Round((double)x[i] * (127 / max), MidpointRounding.ToEven);
                long r = (long)Math.Round((double)MathF.FusedMultiplyAdd(q, -scale, x[i]) * (254 / scale), MidpointRounding.ToEven);
                product += r * values[i];
                total += r;
            }
            sum = MathF.FusedMultiplyAdd(product * scales[g], scale / 254, sum);
            if (BlockCodec.HasMinima(weight.Type)) sum = MathF.FusedMultiplyAdd(minima[g], total * (scale / 254), sum);
        }
        return sum;
    }

    private static void Slow(WeightMatrix weight, float* x, int tokens, float* y)
    {
        int group = BlockCodec.GroupLength(weight.Type), columns = weight.Columns;
        short[] values = new short[columns];
        float[] scales = new float[columns / group], minima = new float[columns / group];
        for (int o = 0; o < weight.Rows; o++)
        {
            fixed (short* v = values)
            fixed (float* s = scales, m = minima) BlockCodec.Unpack(weight.Type, weight.Row(o), columns, v, s, m);
            for (int t = 0; t < tokens; t++)
            {
                float sum = 0;
                for (int g = 0; g < columns / group; g++)
                {
                    float max = 0;
                    for (int i = g * group; i < (g + 1) * group; i++) max = Math.Max(max, Math.Abs(x[t * columns + i]));
                    long product = 0, total = 0;
                    for (int i = g * group; i < (g + 1) * group; i++)
                    {
                        long q = (long)Math.Round((double)x[t * columns + i] * (127 / max), MidpointRounding.ToEven); // rounded once
                        product += q * values[i];
                        total += q;
                    }
                    float scale = max / 127;
                    sum = MathF.FusedMultiplyAdd(product * scales[g], scale, sum);
                    if (BlockCodec.HasMinima(weight.Type)) sum = MathF.FusedMultiplyAdd(minima[g], total * scale, sum);
                }
                y[t * weight.Rows + o] = Rest(weight, x + t * columns, values, scales, minima, sum);
            }
        }
    }
}
