using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>
/// Finds Llama 3.1's scaling settings again from what GGUF keeps of them, a divisor for each pair: 1 for short waves, the factor for long ones,
/// between them a ramp that tells the original context. The ramp's ends are 1 and 4, as in every model that was published.
/// </summary>
internal static class Llama3Scaling
{
    private const float Low = 1, High = 4;

    /// <summary>The <c>rope_scaling</c> object.</summary>
    /// <exception cref="NotSupportedException">The divisors come from something else.</exception>
    public static JsonObject From(RotarySettings rotary, float[] divisors)
    {
        float factor = divisors.Max();
        var plain = (rotary with { Kind = "default", Divisors = null }).Frequencies(RotaryStyle.Halves).Inverse;
        foreach (int original in Candidates(plain, divisors, factor).Distinct())
        {
            var scaled = (rotary with { Kind = "llama3", Divisors = null, Factor = factor, OriginalContext = original, LowFrequencyFactor = Low, HighFrequencyFactor = High }).Frequencies(RotaryStyle.Halves).Inverse;
            if (!plain.Select((p, i) => MathF.Abs(p / scaled[i] / divisors[i] - 1)).All(off => off < 1e-4f)) continue;
            return new JsonObject
            {
                ["rope_type"] = "llama3", ["factor"] = ConfigWriter.Exact(factor), ["low_freq_factor"] = ConfigWriter.Exact(Low), ["high_freq_factor"] = ConfigWriter.Exact(High),
                ["original_max_position_embeddings"] = original,
            };
        }
        throw new NotSupportedException("the file's rotary divisors are not those of Llama 3.1's scaling, and no other form is known for a folder: keep the GGUF file");
    }

    private static IEnumerable<int> Candidates(float[] plain, float[] divisors, float factor)
    {
        float shortest = float.MaxValue, longest = 0;
        for (int i = 0; i < plain.Length && i < divisors.Length; i++)
        {
            float wave = 2 * MathF.PI / plain[i];
            if (divisors[i] > 1.0001f && divisors[i] < factor * 0.9999f)
            {
                // 1/d = (1 − s)/factor + s, and s = (original/wave − low)/(high − low).
                float s = (1 / divisors[i] - 1 / factor) / (1 - 1 / factor);
                yield return (int)MathF.Round(wave * (Low + s * (High - Low)));
            }
            else if (divisors[i] <= 1.0001f) longest = MathF.Max(longest, wave);
            else shortest = MathF.Min(shortest, wave);
        }
        // No pair on the ramp: any context between the last wave that is kept and the first that is divided says the same.
        if (shortest < float.MaxValue && longest > 0) yield return (int)MathF.Round(MathF.Sqrt(longest * High * shortest));
        yield return 8192;
    }
}
