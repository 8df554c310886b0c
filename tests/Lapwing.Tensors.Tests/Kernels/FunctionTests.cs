namespace Lapwing.Tensors.Tests.Kernels;

public sealed unsafe class FunctionTests
{
    private static readonly float[] Inputs = MakeInputs();

    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => Vectors.Levels;

    [Theory, MemberData(nameof(Levels))]
    public void The_exponential_is_within_two_ulp(InstructionLevel level) =>
        Check(level, (k, x, y, n) => k.Exp(x, y, n), x => Math.Exp(x), (x, y) => 2 * Ulp(y));

    [Theory, MemberData(nameof(Levels))]
    public void The_hyperbolic_tangent_is_within_two_ulp(InstructionLevel level) =>
        Check(level, (k, x, y, n) => k.Tanh(x, y, n), x => Math.Tanh(x), (x, y) => 2 * Ulp(y));

    [Theory, MemberData(nameof(Levels))]
    public void The_error_function_is_within_two_ulp(InstructionLevel level) =>
        Check(level, (k, x, y, n) => k.Erf(x, y, n), Erf, (x, y) => 2 * Ulp(y));

    [Theory, MemberData(nameof(Levels))]
    public void The_sigmoid_and_silu_are_exact_to_a_few_ulp(InstructionLevel level)
    {
        Check(level, (k, x, y, n) => k.Sigmoid(x, y, n), x => 1 / (1 + Math.Exp(-x)), (x, y) => 3 * Ulp(y));
        Check(level, (k, x, y, n) => k.Silu(x, y, n), x => x / (1 + Math.Exp(-x)), (x, y) => 3 * Ulp(y) + Math.Abs(x) * float.Epsilon);
        Check(level, (k, x, y, n) => k.SiluDerivative(x, y, n), x => SiluDerivative(x), (x, y) => 3e-7 * (1 + Math.Abs(y)));
    }

    [Theory, MemberData(nameof(Levels))]
    public void Gelu_and_its_derivative_are_right_to_float32(InstructionLevel level)
    {
        Check(level, (k, x, y, n) => k.GeluErf(x, y, n), GeluErf, (x, y) => 2e-7 * Math.Abs(x) + 1e-37);
        Check(level, (k, x, y, n) => k.GeluErfDerivative(x, y, n), x => 0.5 * (1 + Erf(x / Math.Sqrt(2))) + x * Density(x), (x, y) => 4e-7);
        Check(level, (k, x, y, n) => k.GeluTanh(x, y, n), x => GeluTanh(x), (x, y) => 2e-7 * Math.Abs(x) + 1e-37);
        Check(level, (k, x, y, n) => k.GeluTanhDerivative(x, y, n), GeluTanhDerivative, (x, y) => 6e-7);
    }

    [Theory, MemberData(nameof(Levels))]
    public void Infinities_and_nan_go_through(InstructionLevel level)
    {
        var k = VectorKernels.For(level);
        using var vectors = new Vectors();
        float* x = vectors.Floats(float.PositiveInfinity, float.NegativeInfinity, float.NaN), y = vectors.Floats(3);
        k.Exp(x, y, 3);
        Assert.Equal([float.PositiveInfinity, 0, float.NaN], new ReadOnlySpan<float>(y, 3).ToArray());
        k.Tanh(x, y, 3);
        Assert.Equal([1, -1, float.NaN], new ReadOnlySpan<float>(y, 3).ToArray());
        k.Erf(x, y, 3);
        Assert.Equal([1, -1, float.NaN], new ReadOnlySpan<float>(y, 3).ToArray());
        k.Sigmoid(x, y, 3);
        Assert.Equal([1, 0, float.NaN], new ReadOnlySpan<float>(y, 3).ToArray());
    }

    [Fact]
    public void Every_level_gives_the_bits_of_the_portable_one()
    {
        using var vectors = new Vectors();
        int n = Inputs.Length;
        float* x = vectors.Floats(Inputs), expected = vectors.Floats(n), actual = vectors.Floats(n);
        Action<VectorKernels, nint>[] all =
        [
            (k, y) => k.Exp(x, (float*)y, n), (k, y) => k.Tanh(x, (float*)y, n), (k, y) => k.Erf(x, (float*)y, n),
            (k, y) => k.Sigmoid(x, (float*)y, n), (k, y) => k.Silu(x, (float*)y, n), (k, y) => k.SiluDerivative(x, (float*)y, n),
            (k, y) => k.GeluErf(x, (float*)y, n), (k, y) => k.GeluErfDerivative(x, (float*)y, n), (k, y) => k.GeluTanh(x, (float*)y, n),
            (k, y) => k.GeluTanhDerivative(x, (float*)y, n), (k, y) => *(double*)y = k.LogSumExp(x, 5000),
            (k, y) => { Buffer.MemoryCopy(x, (float*)y, n * 4L, n * 4L); k.Softmax((float*)y, n); },
        ];
        for (int f = 0; f < all.Length; f++)
        {
            all[f](VectorKernels.For(InstructionLevel.Portable), (nint)expected);
            foreach (var level in InstructionLevels.Available)
            {
                all[f](VectorKernels.For(level), (nint)actual);
                Vectors.SameBits(expected, actual, n, $"function {f} at {level}");
            }
        }
    }

    private delegate void Function(VectorKernels kernels, float* x, float* y, long n);

    private static void Check(InstructionLevel level, Function function, Func<double, double> truth, Func<double, double, double> tolerance)
    {
        using var vectors = new Vectors();
        float* x = vectors.Floats(Inputs), y = vectors.Floats(Inputs.Length);
        function(VectorKernels.For(level), x, y, Inputs.Length);
        for (int i = 0; i < Inputs.Length; i++)
        {
            double want = truth(x[i]);
            if ((float)want == y[i]) continue;
            if (!(Math.Abs(want - y[i]) <= tolerance(x[i], want))) Assert.Fail($"f({x[i]:R}) = {y[i]:R}, expected {want:R}");
        }
    }

    private static float[] MakeInputs()
    {
        var inputs = new List<float>();
        for (int i = -12_000; i <= 12_000; i++) inputs.Add(i * 0.01f);
        var random = new Random(6);
        for (int i = 0; i < 20_000; i++) inputs.Add((float)(random.NextDouble() * 16 - 8));
        // Every magnitude, subnormal and enormous ones included.
        for (int exponent = 0; exponent < 255; exponent++)
            for (int j = 0; j < 8; j++)
            {
                float x = BitConverter.Int32BitsToSingle(exponent << 23 | random.Next(1 << 23));
                inputs.Add(j % 2 == 0 ? x : -x);
            }
        inputs.AddRange([0f, -0f, 88.72283f, 88.72284f, -87.33655f, -103.97208f, -103.9721f, float.MaxValue, float.MinValue]);
        return [.. inputs];
    }

    private static double Ulp(double y) => Math.Max(Math.ScaleB(1, Math.Max(Math.ILogB(Math.Max(Math.Abs(y), 1e-300)), -126) - 23), Math.ScaleB(1, -149));

    private static double SiluDerivative(double x)
    {
        double s = 1 / (1 + Math.Exp(-x));
        return s * (1 + x * (1 - s));
    }

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    private static double GeluErf(double x) => 0.5 * x * Erfc(-x / Math.Sqrt(2));

    private static double GeluTanh(double x) => x / (1 + Math.Exp(-2 * Inner(x)));

    private static double Inner(double x) => Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);

    private static double GeluTanhDerivative(double x)
    {
        if (Math.Abs(x) > 30) return x > 0 ? 1 : 0;
        double s = 1 / (1 + Math.Exp(-2 * Inner(x)));
        return s + x * s * (1 - s) * 2 * Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    }

    /// <summary>Maclaurin's series; from 2.5 on, what erfc's continued fraction leaves of 1.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 2.5) return x > 0 ? 1 - Erfc(x) : Erfc(-x) - 1;
        double sum = 0, term = x;
        for (int n = 0; n < 100; n++)
        {
            sum += term / (2 * n + 1);
            term *= -x * x / (n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Erfc(double x)
    {
        if (x < 2.5) return x < -2.5 ? 2 - Erfc(-x) : 1 - Erf(x);
        double fraction = 0;
        for (int n = 200; n > 0; n--) fraction = n / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}
