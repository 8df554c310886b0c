using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <summary>
/// Block-quantised weights meet integer activations, all other weights meet float32; keys and values are kept as binary16. Text that is read has
/// activations of 8 bits with a scale for each 16 or 32 (<see cref="PanelProduct"/>), what is spoken (<see cref="Decoding"/>) of 16 bits
/// (<see cref="IntegerProduct"/>). Gradients are float32.
/// </summary>
public sealed unsafe class FastArithmetic : Arithmetic
{
    private readonly ThreadTeam? team;
    private readonly InstructionLevel level;
    private readonly VectorKernels kernels;
    private readonly PanelKernels? panels;

    /// <summary>Makes the policy.</summary>
    /// <param name="team">Who computes; <see cref="ThreadTeam.Shared"/> if null.</param>
    /// <param name="level">Which instructions; <see cref="InstructionLevels.Current"/> if null.</param>
    public FastArithmetic(ThreadTeam? team = null, InstructionLevel? level = null)
        : this(team, level, decoding: false) => Decoding = new FastArithmetic(team, level, decoding: true);

    private FastArithmetic(ThreadTeam? team, InstructionLevel? level, bool decoding)
    {
        this.team = team;
        this.level = level ?? InstructionLevels.Current;
        kernels = level is { } wanted ? VectorKernels.For(wanted) : VectorKernels.Current;
        panels = decoding ? null : PanelKernels.For(this.level);
        Decoding = this;
    }

    /// <inheritdoc/>
    public override Arithmetic Decoding { get; }

    /// <inheritdoc/>
    public override string Path => "fast";

    /// <inheritdoc/>
    public override string Level => level.Name();

    /// <inheritdoc/>
    public override ElementType CacheType => ElementType.F16;

    private ThreadTeam Team => team ?? ThreadTeam.Shared;

    /// <inheritdoc/>
    public override void Linear(WeightMatrix weight, float* x, int tokens, float* y)
    {
        nint output = (nint)y;
        Linear(new ReadOnlySpan<WeightMatrix>(in weight), x, tokens, new ReadOnlySpan<nint>(in output));
    }

    /// <inheritdoc/>
    public override void Linear(ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs)
    {
        // A file may mix types within a layer: runs of one kind go together.
        for (int first = 0; first < weights.Length;)
        {
            bool integer = BlockCodec.CanUnpack(weights[first].Type);
            int end = first + 1;
            while (end < weights.Length && BlockCodec.CanUnpack(weights[end].Type) == integer) end++;
            if (integer && panels is not null) PanelProduct.Run(Team, kernels, panels, weights[first..end], x, tokens, outputs[first..end]);
            else if (integer) IntegerProduct.Run(Team, kernels, weights[first..end], x, tokens, outputs[first..end]);
            else FloatProduct.Run(Team, kernels, weights[first..end], x, tokens, outputs[first..end]);
            first = end;
        }
    }

    /// <inheritdoc/>
    public override void LinearBackwardInput(WeightMatrix weight, float* dy, int tokens, float* dx) =>
        GradientProduct.Input(Team, kernels, weight, dy, tokens, dx);

    /// <inheritdoc/>
    public override void LinearBackwardWeight(float* dy, float* x, int tokens, int rows, int columns, float* dw) =>
        GradientProduct.Weight(Team, kernels, dy, x, tokens, rows, columns, dw);
}
