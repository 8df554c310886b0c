namespace Lapwing.Models;

/// <summary>Something that is added to a linear layer's output: low-rank matrices, or whatever comes.</summary>
public abstract unsafe class LinearAdapter
{
    /// <summary>Inputs of the layer that it fits.</summary>
    public abstract int Inputs { get; }

    /// <summary>Outputs of the layer that it fits.</summary>
    public abstract int Outputs { get; }

    /// <summary>What it learns.</summary>
    public abstract IEnumerable<Parameter> Parameters { get; }

    /// <summary>y [tokens, outputs] += its share for x [tokens, inputs].</summary>
    public abstract void Forward(Pass pass, float* x, int tokens, float* y);

    /// <summary>dx += its share (dx may be null); gathers its parameters' gradients.</summary>
    public abstract void Backward(Pass pass, float* dy, int tokens, float* dx);
}
