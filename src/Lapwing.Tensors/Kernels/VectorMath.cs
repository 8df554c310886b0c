namespace Lapwing.Tensors;

/// <summary>
/// Vector functions of the layers. Results depend on the arguments alone: not on the processor (see <see cref="InstructionLevel"/>), not on
/// alignment, not on threads. Reductions add in one fixed order: sixteen sums, of the elements that share their index modulo 16, by fused
/// multiply-add, which then meet l with l + 8, + 4, + 2, + 1. Inputs and outputs may be the same vector, but not overlap otherwise.
/// Binary16 numbers are <c>ushort</c> bits. No argument is checked.
/// </summary>
public static unsafe class VectorMath
{
    private static readonly VectorKernels Kernels = VectorKernels.Current;

    /// <summary>Σ aᵢ·bᵢ.</summary>
    public static float Dot(float* a, float* b, long n) => Kernels.Dot(a, b, n);

    /// <summary>Σ aᵢ·bᵢ with binary16 b.</summary>
    public static float DotHalf(float* a, ushort* b, long n) => Kernels.DotHalf(a, b, n);

    /// <summary>Σ xᵢ.</summary>
    public static float Sum(float* x, long n) => Kernels.Sum(x, n);

    /// <summary>Σ xᵢ².</summary>
    public static float SumOfSquares(float* x, long n) => Kernels.SumOfSquares(x, n);

    /// <summary>The greatest xᵢ, NaN passed over; −∞ if there is none.</summary>
    public static float Max(float* x, long n) => Kernels.Max(x, n);

    /// <summary>ln Σ e^xᵢ to about 1e-7 relative in the sum, whatever n; −∞ where all x are.</summary>
    public static double LogSumExp(float* x, long n) => Kernels.LogSumExp(x, n);

    /// <summary>xᵢ ← e^xᵢ / Σ e^xⱼ; −∞ gives 0, and if all are −∞, NaN.</summary>
    public static void Softmax(float* x, long n) => Kernels.Softmax(x, n);

    /// <summary>
    /// y[j] = Σᵢ x[i]·rows[j·stride + i] for <paramref name="count"/> rows of n: a query against keys. The same bits as <see cref="Dot"/>.
    /// </summary>
    public static void DotRows(float* x, float* rows, long stride, int count, long n, float* y) => Kernels.DotRows(x, rows, stride, count, n, y);

    /// <summary><see cref="DotRows"/> with binary16 rows.</summary>
    public static void DotRowsHalf(float* x, ushort* rows, long stride, int count, long n, float* y) =>
        Kernels.DotRowsHalf(x, rows, stride, count, n, y);

    /// <summary>
    /// y[i] += Σⱼ weights[j]·rows[j·stride + i], sequential in j by fused multiply-add: probabilities against values. The same bits as
    /// <see cref="Axpy"/> for each j.
    /// </summary>
    public static void AddRows(float* y, float* weights, float* rows, long stride, int count, long n) =>
        Kernels.AddRows(y, weights, rows, stride, count, n);

    /// <summary><see cref="AddRows"/> with binary16 rows.</summary>
    public static void AddRowsHalf(float* y, float* weights, ushort* rows, long stride, int count, long n) =>
        Kernels.AddRowsHalf(y, weights, rows, stride, count, n);

    /// <summary>yᵢ += a·xᵢ by fused multiply-add.</summary>
    public static void Axpy(float* y, float a, float* x, long n) => Kernels.Axpy(y, a, x, n);

    /// <summary>yᵢ += a·xᵢ with binary16 x.</summary>
    public static void AxpyHalf(float* y, float a, ushort* x, long n) => Kernels.AxpyHalf(y, a, x, n);

    /// <summary>yᵢ = aᵢ + bᵢ.</summary>
    public static void Add(float* a, float* b, float* y, long n) => Kernels.Add(a, b, y, n);

    /// <summary>yᵢ = aᵢ − bᵢ.</summary>
    public static void Subtract(float* a, float* b, float* y, long n) => Kernels.Subtract(a, b, y, n);

    /// <summary>yᵢ = aᵢ·bᵢ.</summary>
    public static void Multiply(float* a, float* b, float* y, long n) => Kernels.Multiply(a, b, y, n);

    /// <summary>yᵢ += aᵢ·bᵢ by fused multiply-add.</summary>
    public static void MultiplyAdd(float* y, float* a, float* b, long n) => Kernels.MultiplyAdd(y, a, b, n);

    /// <summary>yᵢ = a·xᵢ.</summary>
    public static void Scale(float* x, float a, float* y, long n) => Kernels.Scale(x, a, y, n);

    /// <summary>yᵢ = e^xᵢ, within 2 ulp.</summary>
    public static void Exp(float* x, float* y, long n) => Kernels.Exp(x, y, n);

    /// <summary>yᵢ = tanh xᵢ, within 2 ulp.</summary>
    public static void Tanh(float* x, float* y, long n) => Kernels.Tanh(x, y, n);

    /// <summary>yᵢ = erf xᵢ, within 2 ulp.</summary>
    public static void Erf(float* x, float* y, long n) => Kernels.Erf(x, y, n);

    /// <summary>yᵢ = σ(xᵢ) = 1 / (1 + e^−xᵢ).</summary>
    public static void Sigmoid(float* x, float* y, long n) => Kernels.Sigmoid(x, y, n);

    /// <summary>yᵢ = xᵢ·σ(xᵢ).</summary>
    public static void Silu(float* x, float* y, long n) => Kernels.Silu(x, y, n);

    /// <summary>yᵢ = d silu(xᵢ) / dxᵢ = σ(1 + x(1 − σ)).</summary>
    public static void SiluDerivative(float* x, float* y, long n) => Kernels.SiluDerivative(x, y, n);

    /// <summary>yᵢ = ½xᵢ(1 + tanh(√(2/π)(xᵢ + 0.044715xᵢ³))): <c>gelu_new</c>, <c>gelu_pytorch_tanh</c>.</summary>
    public static void GeluTanh(float* x, float* y, long n) => Kernels.GeluTanh(x, y, n);

    /// <summary>The derivative of <see cref="GeluTanh"/> at xᵢ.</summary>
    public static void GeluTanhDerivative(float* x, float* y, long n) => Kernels.GeluTanhDerivative(x, y, n);

    /// <summary>yᵢ = ½xᵢ(1 + erf(xᵢ/√2)): <c>gelu</c>.</summary>
    public static void GeluErf(float* x, float* y, long n) => Kernels.GeluErf(x, y, n);

    /// <summary>The derivative of <see cref="GeluErf"/> at xᵢ.</summary>
    public static void GeluErfDerivative(float* x, float* y, long n) => Kernels.GeluErfDerivative(x, y, n);

    /// <summary>binary16 to float32, exact.</summary>
    public static void FromHalf(ushort* x, float* y, long n) => Kernels.FromHalf(x, y, n);

    /// <summary>float32 to binary16, to nearest, ties to even; too large becomes ∞.</summary>
    public static void ToHalf(float* x, ushort* y, long n) => Kernels.ToHalf(x, y, n);

    /// <summary>bfloat16 to float32, exact.</summary>
    public static void FromBFloat16(ushort* x, float* y, long n) => Kernels.FromBFloat16(x, y, n);

    /// <summary>float32 to bfloat16, to nearest, ties to even.</summary>
    public static void ToBFloat16(float* x, ushort* y, long n) => Kernels.ToBFloat16(x, y, n);
}
