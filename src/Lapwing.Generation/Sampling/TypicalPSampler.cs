namespace Lapwing.Generation.Sampling;

/// <summary>
/// Keeps the candidates whose surprise −ln p is closest to the entropy, until their probabilities sum to more than <paramref name="p"/>
/// (locally typical sampling, Meister et al. 2022). It may drop the most likely one.
/// </summary>
internal sealed class TypicalPSampler(float p, int minKeep) : Sampler
{
    public override void Apply(Candidates candidates)
    {
        candidates.Softmax();
        double entropy = candidates.Entropy(), sum = 0.0;
        int count = candidates.Count, kept = 0;
        Span<ulong> keys = candidates.Keys(count, out Span<ulong> spare);
        for (int i = 0; i < count; i++) keys[i] = RankKeys.Ascending((float)Math.Abs(candidates.Surprise(i) - entropy), i);
        RankKeys.Sort(keys, spare);
        do sum += candidates.Probabilities[RankKeys.Index(keys[kept++])];
        while (kept < count && (sum <= p || kept < minKeep));

        // Back in the order they had: the positions, ascending.
        Span<ulong> chosen = keys[..kept];
        foreach (ref ulong key in chosen) key = (ulong)(uint)RankKeys.Index(key);
        chosen.Sort();
        for (int i = 0; i < kept; i++) candidates.Move((int)chosen[i], i);
        candidates.Truncate(kept);
    }
}
