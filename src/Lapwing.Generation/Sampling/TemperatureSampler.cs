namespace Lapwing.Generation.Sampling;

/// <summary>
/// Divides the logits by a temperature. With a range it follows the entropy (dynamic temperature, kalomaze 2023): from
/// temperature − range where the model is sure to temperature + range where it is not, along (entropy / its maximum)^exponent.
/// </summary>
internal sealed class TemperatureSampler(float temperature, float range, float exponent) : Sampler
{
    // The most likely stays so; where the quotients run together, a greedy choice never comes after.
    public override bool KeepsBest => true;

    public override void Apply(Candidates candidates)
    {
        if (range <= 0f)
        {
            Divide(candidates, temperature);
            return;
        }

        if (candidates.Count < 2) return;
        candidates.Softmax();
        double sureness = Math.Clamp(candidates.Entropy() / PortableMath.Log(candidates.Count), 0.0, 1.0);
        double least = Math.Max(0.0, temperature - range), most = temperature + range;
        Divide(candidates, (float)(least + (most - least) * PortableMath.Pow(sureness, exponent)));
    }

    private static void Divide(Candidates candidates, float by)
    {
        if (by == 1f) return;
        float max = candidates.Max();
        if (by <= 0f)
        {
            candidates.Move(candidates.IndexOfMax(), 0);
            candidates.Truncate(1);
            return;
        }

        // A tiny temperature would make infinities of large logits, and NaN of their difference: count from the largest then.
        float shift = 0f;
        foreach (float logit in candidates.Logits)
        {
            if (!float.IsFinite(logit / by)) shift = max;
        }

        foreach (ref float logit in candidates.Logits) logit = (logit - shift) / by;
    }
}
