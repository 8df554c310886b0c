namespace Lapwing.Generation.Sampling;

/// <summary>
/// Exclude top choices (p-e-w, 2024): with <paramref name="probability"/>, drops every candidate at or above
/// <paramref name="threshold"/> but the least likely of them.
/// </summary>
internal sealed class XtcSampler(float probability, float threshold, int minKeep, Xoshiro256 random) : Sampler
{
    public override void Apply(Candidates candidates)
    {
        if (candidates.Count < 2 || random.NextUnit() >= probability) return;
        candidates.Softmax();
        ReadOnlySpan<float> p = candidates.Probabilities;
        int above = 0, spared = -1;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] < threshold) continue;
            above++;
            if (spared < 0 || candidates.Logits[i] <= candidates.Logits[spared]) spared = i; // of equals the highest id: the last in order
        }

        if (above < 2 || p.Length - (above - 1) < minKeep) return;
        int kept = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] < threshold || i == spared) candidates.Move(i, kept++);
        }

        candidates.Truncate(kept);
    }
}
