namespace Lapwing.Generation.Sampling;

/// <summary>A random candidate, each with its softmax probability (llama.cpp's <c>dist</c>).</summary>
internal sealed class DistributionSelector(Xoshiro256 random) : Selector
{
    public override int Select(Candidates candidates)
    {
        if (candidates.Count == 1) return candidates.Ids[0];
        candidates.Softmax();
        return candidates.Ids[Draw(candidates, random)];
    }
}
