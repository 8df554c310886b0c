namespace Lapwing.Generation.Sampling;

/// <summary>One link of a <see cref="SamplerChain"/>: drops candidates or changes their logits.</summary>
internal abstract class Sampler
{
    /// <summary>True where the most likely candidate always stays and stays the most likely: useless before a greedy choice.</summary>
    public virtual bool KeepsBest => false;

    /// <summary>Narrows or re-weighs the candidates; at least one remains.</summary>
    public abstract void Apply(Candidates candidates);

    /// <summary>Takes note of a token that is now part of the text.</summary>
    public virtual void Accept(int token)
    {
    }

    /// <summary>Forgets every accepted token.</summary>
    public virtual void Reset()
    {
    }
}
