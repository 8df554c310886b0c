namespace Lapwing.Models;

/// <summary>A normalisation over the last axis: x [rows, width] → y [rows, width].</summary>
public abstract unsafe class Norm
{
    /// <summary>Elements in a row.</summary>
    public abstract int Width { get; }

    /// <summary>What it learns.</summary>
    public abstract IEnumerable<Parameter> Parameters { get; }

    /// <summary>y [rows, width], taken from the workspace.</summary>
    public abstract float* Forward(Pass pass, float* x, int rows);

    /// <summary>dx += the gradient through the norm; gathers the weights' gradient where they are trained.</summary>
    public abstract void Backward(Pass pass, float* dy, int rows, float* dx);
}
