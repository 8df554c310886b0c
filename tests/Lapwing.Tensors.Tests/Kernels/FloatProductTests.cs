using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class FloatProductTests
{
    private static readonly (int Tokens, int Rows, int Columns)[] Shapes =
    [
        (1, 1, 1), (1, 5, 3), (1, 7, 16), (2, 3, 17), (3, 2, 31), (4, 6, 32), (5, 7, 33), (6, 1, 64), (7, 5, 100), (9, 13, 47), (13, 25, 257), (40, 16, 576),
        (64, 50, 16), (17, 100, 1536),
    ];

    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    [Theory, MemberData(nameof(Levels))]
    public void A_product_is_right_and_every_element_is_the_dot_of_its_rows(InstructionLevel level)
    {
        var random = new Random(11);
        using var team = new ThreadTeam(2);
        var arithmetic = new ExactArithmetic(team, level);
        var portable = VectorKernels.For(InstructionLevel.Portable);
        foreach (var (tokens, rows, columns) in Shapes)
        {
            using var vectors = new Vectors();
            float* x = vectors.Random(random, tokens * columns), w = vectors.Random(random, rows * columns), y = vectors.Floats(tokens * rows);
            arithmetic.Linear(new WeightMatrix(ElementType.F32, (byte*)w, rows, columns), x, tokens, y);
            for (int t = 0; t < tokens; t++)
                for (int o = 0; o < rows; o++)
                {
                    double sum = 0, size = 0;
                    for (int i = 0; i < columns; i++)
                    {
                        sum += (double)x[t * columns + i] * w[o * columns + i];
                        size += Math.Abs((double)x[t * columns + i] * w[o * columns + i]);
                    }
                    Assert.Equal(sum, y[t * rows + o], 4e-7 * size);
                    Assert.Equal(portable.Dot(x + t * columns, w + o * columns, columns), y[t * rows + o]);
                }
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Weights_of_any_type_give_the_bits_of_their_float32_values(InstructionLevel level)
    {
        var random = new Random(12);
        using var team = new ThreadTeam(2);
        var arithmetic = new ExactArithmetic(team, level);
        const int rows = 29, columns = 512;
        foreach (var type in (ElementType[])[ElementType.F16, ElementType.BF16, ElementType.Q4_1, ElementType.Q8_0, ElementType.Q4_K, ElementType.Q6_K])
            foreach (int tokens in (int[])[1, 11])
            {
                using var vectors = new Vectors();
                byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
                float* w = vectors.Floats(rows * columns), x = vectors.Random(random, tokens * columns);
                float* y = vectors.Floats(tokens * rows), expected = vectors.Floats(tokens * rows);
                BlockCodec.Dequantise(type, data, w, rows * columns);
                arithmetic.Linear(new WeightMatrix(type, data, rows, columns), x, tokens, y);
                arithmetic.Linear(new WeightMatrix(ElementType.F32, (byte*)w, rows, columns), x, tokens, expected);
                Vectors.SameBits(expected, y, tokens * rows, $"{type}, {tokens} tokens");
            }
    }

    [Theory, MemberData(nameof(Levels))]
    public void The_gradient_of_the_input_adds_sums_of_128_in_order(InstructionLevel level)
    {
        var random = new Random(13);
        foreach (int threads in (int[])[1, 2])
        {
            using var team = new ThreadTeam(threads);
            var arithmetic = new ExactArithmetic(team, level);
            foreach (var (tokens, rows, columns) in (ReadOnlySpan<(int, int, int)>)[.. Shapes, (60, 300, 640), (150, 70, 33)])
            {
                using var vectors = new Vectors();
                float* dy = vectors.Random(random, tokens * rows), w = vectors.Random(random, rows * columns);
                float* dx = vectors.Random(random, tokens * columns), expected = vectors.Floats(tokens * columns);
                for (int t = 0; t < tokens; t++)
                    for (int i = 0; i < columns; i++)
                    {
                        float total = dx[t * columns + i], sum = 0;
                        for (int o = 0; o < rows; o++)
                        {
                            sum = MathF.FusedMultiplyAdd(dy[t * rows + o], w[o * columns + i], sum);
                            if (o % 128 != 127 && o != rows - 1) continue;
                            total += sum;
                            sum = 0;
                        }
                        expected[t * columns + i] = total;
                    }
                arithmetic.LinearBackwardInput(new WeightMatrix(ElementType.F32, (byte*)w, rows, columns), dy, tokens, dx);
                Vectors.SameBits(expected, dx, tokens * columns, $"{tokens} × {rows} × {columns} on {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void The_gradient_of_the_weights_adds_in_order(InstructionLevel level)
    {
        var random = new Random(14);
        foreach (int threads in (int[])[1, 2])
        {
            using var team = new ThreadTeam(threads);
            var arithmetic = new ExactArithmetic(team, level);
            foreach (var (tokens, rows, columns) in (ReadOnlySpan<(int, int, int)>)[.. Shapes, (300, 60, 640), (70, 150, 33)])
            {
                using var vectors = new Vectors();
                float* dy = vectors.Random(random, tokens * rows), x = vectors.Random(random, tokens * columns);
                float* dw = vectors.Random(random, rows * columns), expected = vectors.Floats(rows * columns);
                for (int o = 0; o < rows; o++)
                    for (int i = 0; i < columns; i++)
                    {
                        float sum = dw[o * columns + i];
                        for (int t = 0; t < tokens; t++) sum = MathF.FusedMultiplyAdd(dy[t * rows + o], x[t * columns + i], sum);
                        expected[o * columns + i] = sum;
                    }
                arithmetic.LinearBackwardWeight(dy, x, tokens, rows, columns, dw);
                Vectors.SameBits(expected, dw, rows * columns, $"{tokens} × {rows} × {columns} on {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void The_gradient_flows_through_quantised_weights(InstructionLevel level)
    {
        var random = new Random(15);
        using var team = new ThreadTeam(2);
        var arithmetic = new FastArithmetic(team, level);
        const int rows = 150, columns = 1536, tokens = 25;
        foreach (var type in (ElementType[])[ElementType.BF16, ElementType.Q4_1, ElementType.Q4_K])
        {
            using var vectors = new Vectors();
            byte* data = QuantisedRows.Random(vectors, random, type, rows, columns);
            float* w = vectors.Floats(rows * columns), dy = vectors.Random(random, tokens * rows);
            float* dx = vectors.Floats(tokens * columns), expected = vectors.Floats(tokens * columns);
            BlockCodec.Dequantise(type, data, w, rows * columns);
            arithmetic.LinearBackwardInput(new WeightMatrix(type, data, rows, columns), dy, tokens, dx);
            arithmetic.LinearBackwardInput(new WeightMatrix(ElementType.F32, (byte*)w, rows, columns), dy, tokens, expected);
            Vectors.SameBits(expected, dx, tokens * columns, $"{type}");
        }
    }
}
