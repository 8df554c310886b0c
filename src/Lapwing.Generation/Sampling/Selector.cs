namespace Lapwing.Generation.Sampling;

/// <summary>The end of a <see cref="SamplerChain"/>: chooses one of the candidates left.</summary>
internal abstract class Selector
{
    /// <summary>The chosen token's id.</summary>
    public abstract int Select(Candidates candidates);

    /// <summary>Takes note of a token that is now part of the text.</summary>
    public virtual void Accept(int token)
    {
    }

    /// <summary>Back to the state before the first token.</summary>
    public virtual void Reset()
    {
    }

    /// <summary>A position drawn by the probabilities of the last <see cref="Candidates.Softmax"/>; never one of probability 0.</summary>
    protected static int Draw(Candidates candidates, Xoshiro256 random)
    {
        ReadOnlySpan<float> p = candidates.Probabilities;
        double sum = 0.0;
        foreach (float x in p) sum += x;
        double target = random.NextUnit() * sum, run = 0.0;
        int last = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] <= 0f) continue;
            run += p[i];
            last = i;
            if (run > target) break;
        }

        return last;
    }
}
