namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class VectorMathTests
{
    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    [Theory, MemberData(nameof(Levels))]
    public void Reductions_agree_with_double_precision(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(1);
        foreach (int n in Vectors.Lengths)
        {
            using var vectors = new Vectors();
            float* a = vectors.Random(random, n), b = vectors.Random(random, n);
            double dot = 0, size = 0, sum = 0, squares = 0, max = double.NegativeInfinity, absolute = 0;
            for (int i = 0; i < n; i++)
            {
                dot += (double)a[i] * b[i];
                size += Math.Abs((double)a[i] * b[i]);
                sum += a[i];
                absolute += Math.Abs(a[i]);
                squares += (double)a[i] * a[i];
                max = Math.Max(max, a[i]);
            }
            Assert.Equal(dot, kernels.Dot(a, b, n), 4e-7 * size);
            Assert.Equal(sum, kernels.Sum(a, n), 4e-7 * absolute);
            Assert.Equal(squares, kernels.SumOfSquares(a, n), 4e-7 * squares);
            Assert.Equal(max, kernels.Max(a, n));
            double exps = 0;
            for (int i = 0; i < n; i++) exps += Math.Exp(a[i] - max);
            if (n == 0) Assert.Equal(double.NegativeInfinity, kernels.LogSumExp(a, n));
            else Assert.Equal(max + Math.Log(exps), kernels.LogSumExp(a, n), 2e-7);
            kernels.Softmax(a, n);
            double total = 0;
            for (int i = 0; i < n; i++) total += a[i];
            if (n > 0) Assert.Equal(1, total, 3e-7);
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void A_dot_product_is_sixteen_fused_lane_sums_and_a_tree(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(2);
        foreach (int n in Vectors.Lengths)
        {
            using var vectors = new Vectors();
            float* a = vectors.Random(random, n), b = vectors.Random(random, n);
            var lanes = new float[16];
            for (int i = 0; i < (n + 15) / 16 * 16; i++)
                lanes[i % 16] = MathF.FusedMultiplyAdd(i < n ? a[i] : 0, i < n ? b[i] : 0, lanes[i % 16]);
            for (int half = 8; half > 0; half /= 2)
                for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
            Assert.Equal(lanes[0], kernels.Dot(a, b, n));
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Softmax_takes_minus_infinity_for_zero(InstructionLevel level)
    {
        using var vectors = new Vectors();
        float* x = vectors.Floats(1, float.NegativeInfinity, 1, float.NegativeInfinity);
        VectorKernels.For(level).Softmax(x, 4);
        Assert.Equal([0.5f, 0, 0.5f, 0], new ReadOnlySpan<float>(x, 4).ToArray());
    }

    [Theory, MemberData(nameof(Levels))]
    public void The_log_of_a_large_sum_keeps_its_digits(InstructionLevel level)
    {
        const int n = 200_003;
        using var vectors = new Vectors();
        float* x = vectors.Random(new Random(3), n);
        x[777] = 14;
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Math.Exp(x[i] - 14.0);
        Assert.Equal(14 + Math.Log(sum), VectorKernels.For(level).LogSumExp(x, n), 3e-8 * 14);
    }

    [Theory, MemberData(nameof(Levels))]
    public void Elementwise_operations_are_the_scalar_ones(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(4);
        foreach (int n in Vectors.Lengths)
        {
            using var vectors = new Vectors();
            float* a = vectors.Random(random, n), b = vectors.Random(random, n), y = vectors.Floats(n), z = vectors.Random(random, n), before = vectors.Floats(n);
            Buffer.MemoryCopy(z, before, n * 4L, n * 4L);
            kernels.Add(a, b, y, n);
            for (int i = 0; i < n; i++) Assert.Equal(a[i] + b[i], y[i]);
            kernels.Subtract(a, b, y, n);
            for (int i = 0; i < n; i++) Assert.Equal(a[i] - b[i], y[i]);
            kernels.Multiply(a, b, y, n);
            for (int i = 0; i < n; i++) Assert.Equal(a[i] * b[i], y[i]);
            kernels.Scale(a, 0.3f, y, n);
            for (int i = 0; i < n; i++) Assert.Equal(0.3f * a[i], y[i]);
            kernels.Axpy(z, 1.7f, a, n);
            for (int i = 0; i < n; i++) Assert.Equal(before[i] = MathF.FusedMultiplyAdd(1.7f, a[i], before[i]), z[i]);
            kernels.MultiplyAdd(z, a, b, n);
            for (int i = 0; i < n; i++) Assert.Equal(MathF.FusedMultiplyAdd(a[i], b[i], before[i]), z[i]);
        }
    }

    [Theory, MemberData(nameof(Levels))]
    public void Row_kernels_give_the_bits_of_dot_and_axpy(InstructionLevel level)
    {
        var kernels = VectorKernels.For(level);
        var random = new Random(5);
        foreach (int n in (int[])[1, 15, 16, 17, 63, 64, 65, 80, 128, 130])
            foreach (int count in (int[])[0, 1, 3, 4, 5, 9])
            {
                using var vectors = new Vectors();
                int stride = n + 3;
                float* x = vectors.Random(random, n), rows = vectors.Random(random, stride * 9L), y = vectors.Floats(count);
                float* weights = vectors.Random(random, 9), sum = vectors.Random(random, n), expected = vectors.Floats(n);
                ushort* halves = (ushort*)vectors.Bytes(stride * 9L * 2);
                kernels.ToHalf(rows, halves, stride * 9L);
                kernels.DotRows(x, rows, stride, count, n, y);
                for (int j = 0; j < count; j++) Assert.Equal(kernels.Dot(x, rows + j * stride, n), y[j]);
                kernels.DotRowsHalf(x, halves, stride, count, n, y);
                for (int j = 0; j < count; j++) Assert.Equal(kernels.DotHalf(x, halves + j * stride, n), y[j]);

                Buffer.MemoryCopy(sum, expected, n * 4L, n * 4L);
                for (int j = 0; j < count; j++) kernels.Axpy(expected, weights[j], rows + j * stride, n);
                for (int j = 0; j < count; j++) kernels.AxpyHalf(expected, weights[j], halves + j * stride, n);
                kernels.AddRows(sum, weights, rows, stride, count, n);
                kernels.AddRowsHalf(sum, weights, halves, stride, count, n);
                Vectors.SameBits(expected, sum, n, "rows added");
            }
    }
}
