namespace Lapwing.Tensors;

/// <summary>Float32 throughout: weights of any type are converted exactly, keys and values are kept as float32.</summary>
/// <param name="team">Who computes; <see cref="ThreadTeam.Shared"/> if null.</param>
/// <param name="level">Which instructions; <see cref="InstructionLevels.Current"/> if null.</param>
public sealed unsafe class ExactArithmetic(ThreadTeam? team = null, InstructionLevel? level = null) : Arithmetic
{
    private readonly InstructionLevel level = level ?? InstructionLevels.Current;
    private readonly VectorKernels kernels = level is { } wanted ? VectorKernels.For(wanted) : VectorKernels.Current;

    /// <inheritdoc/>
    public override string Path => "exact";

    /// <inheritdoc/>
    public override string Level => level.Name();

    /// <inheritdoc/>
    public override ElementType CacheType => ElementType.F32;

    private ThreadTeam Team => team ?? ThreadTeam.Shared;

    /// <inheritdoc/>
    public override void Linear(WeightMatrix weight, float* x, int tokens, float* y)
    {
        nint output = (nint)y;
        FloatProduct.Run(Team, kernels, new ReadOnlySpan<WeightMatrix>(in weight), x, tokens, new ReadOnlySpan<nint>(in output));
    }

    /// <inheritdoc/>
    public override void Linear(ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs) =>
        FloatProduct.Run(Team, kernels, weights, x, tokens, outputs);

    /// <inheritdoc/>
    public override void LinearBackwardInput(WeightMatrix weight, float* dy, int tokens, float* dx) =>
        GradientProduct.Input(Team, kernels, weight, dy, tokens, dx);

    /// <inheritdoc/>
    public override void LinearBackwardWeight(float* dy, float* x, int tokens, int rows, int columns, float* dw) =>
        GradientProduct.Weight(Team, kernels, dy, x, tokens, rows, columns, dw);
}
