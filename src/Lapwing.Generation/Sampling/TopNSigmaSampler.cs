namespace Lapwing.Generation.Sampling;

/// <summary>Keeps what lies within <paramref name="n"/> &gt; 0 standard deviations of the logits below the largest logit (Tang et al. 2024).</summary>
internal sealed class TopNSigmaSampler(float n) : Sampler
{
    public override bool KeepsBest => true;

    public override void Apply(Candidates candidates)
    {
        ReadOnlySpan<float> logits = candidates.Logits;
        double sum = 0.0, squares = 0.0;
        foreach (float logit in logits) sum += logit;
        double mean = sum / logits.Length;
        foreach (float logit in logits) squares += (logit - mean) * (logit - mean);
        double least = candidates.Max() - n * Math.Sqrt(squares / logits.Length);
        int kept = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] >= least) candidates.Move(i, kept++);
        }

        candidates.Truncate(kept);
    }
}
