using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// y += s · B·(A·x) with A [rank, inputs] and B [outputs, rank] (Hu et al., arXiv:2106.09685); s = alpha / rank, or alpha / √rank for
/// rsLoRA (Kalajdzievski, arXiv:2312.03732). Always float32: it is small, and it is what learns.
/// </summary>
public sealed unsafe class LoraAdapter : LinearAdapter
{
    /// <summary>An adapter over two matrices.</summary>
    /// <exception cref="ArgumentException">Their ranks differ.</exception>
    public LoraAdapter(Parameter a, Parameter b, float scale)
    {
        if (a.Value.Rows != b.Value.Columns) throw new ArgumentException($"{a.Name} has rank {a.Value.Rows}, {b.Name} rank {b.Value.Columns}: the adapter's two halves do not belong together");
        (A, B, Scale) = (a, b, scale);
    }

    /// <summary>[rank, inputs].</summary>
    public Parameter A { get; }

    /// <summary>[outputs, rank].</summary>
    public Parameter B { get; }

    /// <summary>What the product is multiplied by.</summary>
    public float Scale { get; set; }

    /// <summary>Inner width.</summary>
    public int Rank => A.Value.Rows;

    /// <inheritdoc/>
    public override int Inputs => A.Value.Columns;

    /// <inheritdoc/>
    public override int Outputs => B.Value.Rows;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [A, B];

    /// <inheritdoc/>
    public override void Forward(Pass pass, float* x, int tokens, float* y)
    {
        float* h = pass.Workspace.Take((long)tokens * Rank);
        pass.Arithmetic.Linear(A.Value, x, tokens, h);
        var mark = pass.Workspace.Here;
        float* up = pass.Workspace.Take((long)tokens * Outputs);
        pass.Arithmetic.Linear(B.Value, h, tokens, up);
        VectorMath.Axpy(y, Scale, up, tokens * Outputs);
        pass.Workspace.Release(mark);
        pass.Tape?.Push(x);
        pass.Tape?.Push(h);
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int tokens, float* dx)
    {
        float* h = pass.Tape!.Pop(), x = pass.Tape.Pop();
        var mark = pass.Workspace.Here;
        // dB = s·dyᵀ·h; dh = s·dy·B; dA = dhᵀ·x; dx += dh·A. The scale is folded into h and dh, the small ones.
        float* dh = pass.Workspace.TakeZeroed((long)tokens * Rank);
        pass.Arithmetic.LinearBackwardInput(B.Value, dy, tokens, dh);
        VectorMath.Scale(dh, Scale, dh, tokens * Rank);
        if (B.IsTrained)
        {
            float* scaled = pass.Workspace.TakeZeroed((long)tokens * Rank);
            VectorMath.Axpy(scaled, Scale, h, tokens * Rank);
            pass.Arithmetic.LinearBackwardWeight(dy, scaled, tokens, Outputs, Rank, B.Gradient);
        }
        if (A.IsTrained) pass.Arithmetic.LinearBackwardWeight(dh, x, tokens, Rank, Inputs, A.Gradient);
        if (dx is not null) pass.Arithmetic.LinearBackwardInput(A.Value, dh, tokens, dx);
        pass.Workspace.Release(mark);
    }
}
