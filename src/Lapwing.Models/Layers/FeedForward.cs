namespace Lapwing.Models;

/// <summary>The part of a block that treats each token alone: a gated or plain MLP, or a mixture of experts.</summary>
public abstract unsafe class FeedForward
{
    /// <summary>Its linear layers, for adapters.</summary>
    public abstract IEnumerable<Linear> Linears { get; }

    /// <summary>x [tokens, hidden] → y [tokens, hidden], taken from the workspace.</summary>
    public abstract float* Forward(Pass pass, float* x, int tokens);

    /// <summary>dx += the gradient through it.</summary>
    public abstract void Backward(Pass pass, float* dy, int tokens, float* dx);
}
