namespace Lapwing.Generation.Sampling;

/// <summary>Keeps what is at least <paramref name="p"/> &gt; 0 times as likely as the most likely candidate (Nguyen et al. 2024).</summary>
internal sealed class MinPSampler(float p, int minKeep) : Sampler
{
    private readonly float _logP = (float)PortableMath.Log(p);

    public override bool KeepsBest => true;

    public override void Apply(Candidates candidates)
    {
        float max = candidates.Max(), least = max + _logP;
        ReadOnlySpan<float> logits = candidates.Logits;
        int kept = 0;
        foreach (float logit in logits)
        {
            if (logit >= least) kept++;
        }

        if (kept < Math.Max(minKeep, 1)) // p > 1 is more than any candidate has: one stays
        {
            candidates.KeepTop(Math.Max(minKeep, 1));
            return;
        }

        if (!candidates.Sorted)
        {
            for (int i = 0, to = 0; i < logits.Length; i++)
            {
                if (logits[i] >= least) candidates.Move(i, to++);
            }
        }

        candidates.Truncate(kept);
    }
}
