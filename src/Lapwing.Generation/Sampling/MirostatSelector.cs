namespace Lapwing.Generation.Sampling;

/// <summary>
/// Mirostat 1 (Basu et al. 2021): estimates the distribution's Zipf exponent from its 100 most likely tokens, keeps the k that should give
/// the wanted surprise, draws, and corrects its aim by what it drew. Surprise in bits.
/// </summary>
internal sealed class MirostatSelector(float tau, float eta, int vocabularySize, Xoshiro256 random) : Selector
{
    /// <summary>How many tokens the estimate looks at: the paper's and llama.cpp's m.</summary>
    private const int Observed = 100;

    private double _mu = 2.0 * tau;

    public override int Select(Candidates candidates)
    {
        candidates.Sort();
        ReadOnlySpan<float> logits = candidates.Logits;
        double products = 0.0, squares = 0.0;
        for (int i = 0; i + 1 < logits.Length && i < Observed - 1 && float.IsFinite(logits[i + 1]); i++)
        {
            double t = PortableMath.Log((i + 2.0) / (i + 1.0));
            products += t * ((double)logits[i] - logits[i + 1]); // ln(pᵢ / pᵢ₊₁)
            squares += t * t;
        }

        double k = squares > 0.0 ? KeptBy(products / squares) : 1.0;
        candidates.Truncate((int)Math.Clamp(k, 1.0, candidates.Count));
        candidates.Softmax();
        int chosen = Draw(candidates, random);
        _mu -= eta * (candidates.Surprise(chosen) * MirostatV2Selector.BitsPerNat - tau);
        return candidates.Ids[chosen];
    }

    public override void Reset() => _mu = 2.0 * tau;

    // k = (ε·2^μ / (1 − N^−ε))^(1/s) with ε = s − 1; at ε = 0 the quotient's limit is 2^μ / ln N, and at s = 0 (all equal) everything stays.
    private double KeptBy(double s)
    {
        if (s <= 0.0) return double.MaxValue;
        double epsilon = s - 1.0, logSize = PortableMath.Log(vocabularySize);
        double quotient = Math.Abs(epsilon) < 1e-9 ? 1.0 / logSize : epsilon / (1.0 - PortableMath.Exp(-epsilon * logSize));
        double k = PortableMath.Exp((PortableMath.Log(quotient) + _mu / MirostatV2Selector.BitsPerNat) / s);
        return double.IsNaN(k) ? 1.0 : k;
    }
}
