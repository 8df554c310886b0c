namespace Lapwing.Generation.Sampling;

/// <summary>Keeps the fewest most likely candidates whose probabilities sum to at least <paramref name="p"/> (nucleus, Holtzman et al. 2020).</summary>
internal sealed class TopPSampler(float p, int minKeep) : Sampler
{
    /// <summary>The nucleus of a trained model rarely holds more: look at so many before sorting a whole vocabulary.</summary>
    private const int FirstLook = 256;

    public override bool KeepsBest => true;

    public override void Apply(Candidates candidates)
    {
        candidates.Softmax();
        if (candidates.Sorted)
        {
            double sum = 0.0;
            int count = 0;
            do sum += candidates.Probabilities[count++];
            while (count < candidates.Count && (sum < p || count < minKeep));
            candidates.Truncate(count);
            return;
        }

        ReadOnlySpan<ulong> best = candidates.Best(FirstLook);
        int nucleus = Nucleus(candidates, best);
        if (nucleus > best.Length)
        {
            best = candidates.Best(candidates.Count);
            nucleus = Math.Min(Nucleus(candidates, best), best.Length);
        }

        candidates.Take(best[..nucleus]);
    }

    // How many of the best it takes; one more than there are when they do not suffice.
    private int Nucleus(Candidates candidates, ReadOnlySpan<ulong> best)
    {
        double sum = 0.0;
        for (int i = 0; i < best.Length; i++)
        {
            sum += (float)PortableMath.Exp((double)RankKeys.DescendingValue(best[i]) - candidates.SoftmaxMax - candidates.SoftmaxLogSum);
            if (sum >= p && i + 1 >= minKeep) return i + 1;
        }

        return best.Length + 1;
    }
}
