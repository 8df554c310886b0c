namespace Lapwing.Generation.Sampling;

/// <summary>
/// Mirostat 2 (Basu et al. 2021): drops what would surprise by more than μ bits, draws, and moves μ so that the observed surprise settles at
/// <paramref name="tau"/>, by the rate <paramref name="eta"/>.
/// </summary>
internal sealed class MirostatV2Selector(float tau, float eta, Xoshiro256 random) : Selector
{
    internal const double BitsPerNat = 1.4426950408889634;

    private double _mu = 2.0 * tau;

    public override int Select(Candidates candidates)
    {
        candidates.Softmax();
        int best = candidates.IndexOfMax(), kept = 0, count = candidates.Count;
        for (int i = 0; i < count; i++)
        {
            if (i == best || candidates.Surprise(i) * BitsPerNat <= _mu) candidates.Move(i, kept++);
        }

        candidates.Truncate(kept);
        candidates.Softmax();
        int chosen = Draw(candidates, random);
        _mu -= eta * (candidates.Surprise(chosen) * BitsPerNat - tau);
        return candidates.Ids[chosen];
    }

    public override void Reset() => _mu = 2.0 * tau;
}
