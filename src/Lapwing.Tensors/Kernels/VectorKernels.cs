namespace Lapwing.Tensors;

/// <summary>The vector and matrix kernels of one instruction level; <see cref="VectorMath"/> says what the vector functions compute.</summary>
internal abstract unsafe class VectorKernels
{
    /// <summary>The level in use. Its exact type is known to the JIT once this class is initialised, so calls are direct.</summary>
    public static readonly VectorKernels Current = For(InstructionLevels.Current);

    public static VectorKernels For(InstructionLevel level) => level switch
    {
        InstructionLevel.Avx512 or InstructionLevel.Avx512Vnni => new VectorKernels<Lanes512>(),
        InstructionLevel.Avx2 => new VectorKernels<Lanes256>(),
        _ => new VectorKernels<Lanes128>(),
    };

    public abstract float Dot(float* a, float* b, long n);

    public abstract float DotHalf(float* a, ushort* b, long n);

    public abstract float Sum(float* x, long n);

    public abstract float SumOfSquares(float* x, long n);

    public abstract float Max(float* x, long n);

    public abstract double LogSumExp(float* x, long n);

    public abstract void Softmax(float* x, long n);

    public abstract void DotRows(float* x, float* rows, long stride, int count, long n, float* y);

    public abstract void DotRowsHalf(float* x, ushort* rows, long stride, int count, long n, float* y);

    public abstract void DotRowsBFloat16(float* x, ushort* rows, long stride, int count, long n, float* y);

    public abstract void AddRows(float* y, float* weights, float* rows, long stride, int count, long n);

    public abstract void AddRowsHalf(float* y, float* weights, ushort* rows, long stride, int count, long n);

    public abstract void Axpy(float* y, float a, float* x, long n);

    public abstract void AxpyHalf(float* y, float a, ushort* x, long n);

    public abstract void Add(float* a, float* b, float* y, long n);

    public abstract void Subtract(float* a, float* b, float* y, long n);

    public abstract void Multiply(float* a, float* b, float* y, long n);

    public abstract void MultiplyAdd(float* y, float* a, float* b, long n);

    public abstract void Scale(float* x, float a, float* y, long n);

    public abstract void Exp(float* x, float* y, long n);

    public abstract void Tanh(float* x, float* y, long n);

    public abstract void Erf(float* x, float* y, long n);

    public abstract void Sigmoid(float* x, float* y, long n);

    public abstract void Silu(float* x, float* y, long n);

    public abstract void SiluDerivative(float* x, float* y, long n);

    public abstract void GeluTanh(float* x, float* y, long n);

    public abstract void GeluTanhDerivative(float* x, float* y, long n);

    public abstract void GeluErf(float* x, float* y, long n);

    public abstract void GeluErfDerivative(float* x, float* y, long n);

    public abstract void FromHalf(ushort* x, float* y, long n);

    public abstract void ToHalf(float* x, ushort* y, long n);

    public abstract void FromBFloat16(ushort* x, float* y, long n);

    public abstract void ToBFloat16(float* x, ushort* y, long n);

    /// <summary>
    /// y[t·yStride + o] = Σᵢ x[t·xStride + i] · w[o·wStride + i] for tokens t and rows o, each sum in the canonical order.
    /// </summary>
    public abstract void Dots(in DotProblem problem);

    /// <summary>
    /// c[m·cStride + j] += Σₖ a[m·aRow + k·aStep] · panel[k·32 + j] for 12 rows and 32 columns, the sum sequential in k: from c's value on or, if
    /// <paramref name="apart"/>, from zero and then added to it.
    /// </summary>
    public abstract void Outer(float* a, nint aRow, nint aStep, float* panel, int steps, float* c, nint cStride, bool apart);

    /// <summary>Quantises one row of activations: see <see cref="QuantisedActivations"/>.</summary>
    public abstract void Quantise(float* x, int columns, short* values, float* scales, float* sums16, float* sums32);

    /// <summary>
    /// One row of activations to 8-bit integers, a scale for each <paramref name="group"/> (16 or 32), and each group's sum: see
    /// <see cref="PanelActivations"/>. Columns are a multiple of the group. Of a group whose greatest magnitude is above
    /// <paramref name="coarse"/>, what rounding left is quantised as well, at a scale 254 times finer; elsewhere <c>rest.Scales</c> is 0.
    /// </summary>
    public abstract void QuantiseGroups(float* x, int columns, int group, in QuantisedGroups main, float coarse, in QuantisedGroups rest);

    /// <summary>
    /// Scales of rows of groups to the factors of <see cref="IntegerProblem"/>, in place, and the block scales: for each 16 groups one block (of
    /// groups of 16) or two (of 32). Rows are multiples of 16 groups, zeros beyond the last.
    /// </summary>
    public abstract void PrepareScales(float* scales, int count, int groupLength, int shift, float* blockScales);

    /// <summary>Whether <see cref="IntegerDots"/> reads the type's own blocks.</summary>
    public abstract bool TakesPacked(ElementType type);

    /// <summary>
    /// The scales and minima that <see cref="Blocks.BlockCodec.Unpack"/> gives for <paramref name="height"/> rows, each of
    /// <paramref name="groups"/>, zeros beyond the last.
    /// </summary>
    public abstract void UnpackScales(ElementType type, byte* rows, nint stride, int height, int columns, float* scales, float* minima, int groups);

    /// <summary>Multiplies a row of unpacked values by its factors, in place.</summary>
    public abstract void PrepareWeights(short* values, int columns, int groupLength, int shift, float* factors);

    /// <summary>The integer twin of <see cref="Dots"/>: see <see cref="IntegerProblem"/>.</summary>
    public abstract void IntegerDots(in IntegerProblem problem);
}
