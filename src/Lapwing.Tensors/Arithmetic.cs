namespace Lapwing.Tensors;

/// <summary>
/// The numeric policy of a forward and backward pass: how a linear layer multiplies and what a key/value cache stores.
/// Layers call it and never ask which one it is, so that one forward serves chat, training and evaluation.
/// All activations are float32, row-major [tokens, width].
/// </summary>
/// <remarks>
/// Every implementation keeps one promise: an output element's bits depend on its own inputs only, never on how many tokens,
/// rows or threads took part. That makes the loss of a row the same in training, validation and evaluation, and a seed's
/// tokens the same on one thread and on many.
/// </remarks>
public abstract unsafe class Arithmetic
{
    /// <summary><c>exact</c> or <c>fast</c>: what <c>run --json</c> calls the path.</summary>
    public abstract string Path { get; }

    /// <summary>The instruction level in use: <c>portable</c>, <c>avx2</c>, <c>avx512</c>, …</summary>
    public abstract string Level { get; }

    /// <summary>
    /// The policy for tokens that are spoken one after the other, where this one is for text that is read: memory, not arithmetic, is their limit, so
    /// that they may be computed otherwise. It shares the cache.
    /// </summary>
    public virtual Arithmetic Decoding => this;

    /// <summary>What a key/value cache stores: F32 or F16.</summary>
    public abstract ElementType CacheType { get; }

    /// <summary>y[t, o] = Σᵢ x[t, i] · w[o, i] for <paramref name="tokens"/> rows of x; y is [tokens, w.Rows], overwritten.</summary>
    public abstract void Linear(WeightMatrix weight, float* x, int tokens, float* y);

    /// <summary>
    /// Several matrices fed by the same x [tokens, columns], so that x is quantised once: outputs[m] is [tokens, weights[m].Rows].
    /// </summary>
    public virtual void Linear(ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs)
    {
        for (int m = 0; m < weights.Length; m++) Linear(weights[m], x, tokens, (float*)outputs[m]);
    }

    /// <summary>dx[t, i] += Σₒ dy[t, o] · w[o, i]: the gradient that flows back through a frozen or trained matrix.</summary>
    public abstract void LinearBackwardInput(WeightMatrix weight, float* dy, int tokens, float* dx);

    /// <summary>dw[o, i] += Σₜ dy[t, o] · x[t, i]; dw is float32 [rows, columns].</summary>
    public abstract void LinearBackwardWeight(float* dy, float* x, int tokens, int rows, int columns, float* dw);
}
