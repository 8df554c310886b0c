using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>The part of a block in which tokens see one another: attention, or whatever an architecture has in its place.</summary>
public abstract unsafe class TokenMixer
{
    /// <summary>Its linear layers, for adapters.</summary>
    public abstract IEnumerable<Linear> Linears { get; }

    /// <summary>Its norms and whatever else it learns outside linear layers.</summary>
    public abstract IEnumerable<Parameter> OtherParameters { get; }

    /// <summary>What it keeps of a sequence where the cache stores <paramref name="type"/>.</summary>
    public abstract StateShape State(ElementType type);

    /// <summary>x [tokens, hidden] → y [tokens, hidden], taken from the workspace; reads and extends the sequences' states.</summary>
    public abstract float* Forward(Pass pass, float* x);

    /// <summary>dx += the gradient through it.</summary>
    public abstract void Backward(Pass pass, float* dy, float* dx);
}
