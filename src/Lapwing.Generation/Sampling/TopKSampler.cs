namespace Lapwing.Generation.Sampling;

/// <summary>Keeps the <paramref name="k"/> ≥ 1 most likely (Fan et al. 2018).</summary>
internal sealed class TopKSampler(int k) : Sampler
{
    public override bool KeepsBest => true;

    public override void Apply(Candidates candidates)
    {
        if (k < candidates.Count) candidates.KeepTop(k);
    }
}
