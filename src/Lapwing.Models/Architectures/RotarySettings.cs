using Lapwing.Formats;
namespace Lapwing.Models;

/// <summary>
/// How a model stretches its rotary positions, as its settings say it, and the frequencies that follow. Sources: Transformers'
/// <c>modeling_rope_utils</c>; YaRN, arXiv:2309.00071; LongRoPE, arXiv:2402.13753; Llama 3.1's scaling, its model card.
/// </summary>
internal sealed record RotarySettings
{
    public required int Width { get; init; }

    public float Theta { get; init; } = 10000;

    /// <summary><c>default</c>, <c>linear</c>, <c>llama3</c>, <c>yarn</c>, <c>longrope</c>, <c>dynamic</c>.</summary>
    public string Kind { get; init; } = "default";

    public float Factor { get; init; } = 1;

    /// <summary>Context before stretching.</summary>
    public int OriginalContext { get; init; }

    public int Context { get; init; }

    public float LowFrequencyFactor { get; init; } = 1;

    public float HighFrequencyFactor { get; init; } = 4;

    public float BetaFast { get; init; } = 32;

    public float BetaSlow { get; init; } = 1;

    /// <summary>Factor on cosine and sine; null for the method's own.</summary>
    public float? AttentionFactor { get; init; }

    /// <summary>What multiplies the method's own factor on cosine and sine (GGUF's <c>rope.scaling.attn_factor</c>).</summary>
    public float Multiplier { get; init; } = 1;

    public float? MScale { get; init; }

    public float? MScaleAllDimensions { get; init; }

    /// <summary>YaRN: whether the ramp's ends are rounded to whole pairs.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>LongRoPE's divisors for short and for long contexts.</summary>
    public float[]? ShortFactors { get; init; }

    public float[]? LongFactors { get; init; }

    /// <summary>A divisor for each pair, as GGUF files of Llama 3.1 carry them.</summary>
    public float[]? Divisors { get; init; }

    /// <summary>The frequencies in float32 and the factor on cosine and sine.</summary>
    /// <exception cref="NotSupportedException">The method is unknown.</exception>
    /// <exception cref="InvalidDataException">Its numbers make no sense.</exception>
    public RotaryFrequencies Frequencies(RotaryStyle style)
    {
        if (Width < 2 || Width % 2 != 0) throw new InvalidDataException($"the rotary width is {Width}: it must be even and at least 2");
        if (!(Theta > 0) || !float.IsFinite(Theta)) throw new InvalidDataException($"the rotary base is {Theta}: it must be positive");
        if (!(Factor > 0) || !float.IsFinite(Factor)) throw new InvalidDataException($"the rotary scaling factor is {Factor}: it must be positive");
        int pairs = Width / 2;
        var inverse = new float[pairs];
        for (int i = 0; i < pairs; i++) inverse[i] = 1f / (float)Math.Pow(Theta, (double)(2 * i) / Width);
        float factor = 1;
        switch (Kind)
        {
            case "default" or "none" or "mrope": break;
            case "linear":
                for (int i = 0; i < pairs; i++) inverse[i] /= Factor;
                break;
            case "dynamic": break; // stretches only beyond the trained context, which we do not exceed
            case "llama3": Llama3(inverse); break;
            case "yarn": factor = Yarn(inverse); break;
            case "longrope" or "su": factor = LongRope(inverse); break;
            default: throw new NotSupportedException($"rotary scaling {Wording.Quote(Kind)} is not supported: linear, llama3, yarn, longrope and dynamic are");
        }
        if (Divisors is not null)
        {
            if (Divisors.Length < pairs) throw new InvalidDataException($"rope_freqs.weight has {Divisors.Length} divisors for {pairs} pairs of rotary dimensions: the file is damaged");
            for (int i = 0; i < pairs; i++)
            {
                if (!(Divisors[i] > 0 && float.IsFinite(Divisors[i]))) throw new InvalidDataException($"rope_freqs.weight divides by {Divisors[i]}: the file is damaged");
                inverse[i] /= Divisors[i];
            }
        }
        return new RotaryFrequencies(inverse, factor * Multiplier, style);
    }

    private void Llama3(float[] inverse)
    {
        float longest = OriginalContext / LowFrequencyFactor, shortest = OriginalContext / HighFrequencyFactor;
        for (int i = 0; i < inverse.Length; i++)
        {
            float wave = 2 * MathF.PI / inverse[i];
            if (wave < shortest) continue;
            if (wave > longest)
            {
                inverse[i] /= Factor;
                continue;
            }
            float smooth = (OriginalContext / wave - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
            inverse[i] = (1 - smooth) * inverse[i] / Factor + smooth * inverse[i];
        }
    }

    private float Yarn(float[] inverse)
    {
        double low = Turns(BetaFast), high = Turns(BetaSlow);
        if (Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, Width - 1));
        if (low == high) high += 0.001;
        for (int i = 0; i < inverse.Length; i++)
        {
            float ramp = (float)Math.Clamp((i - low) / (high - low), 0, 1);
            inverse[i] = inverse[i] / Factor * ramp + inverse[i] * (1 - ramp);
        }
        if (AttentionFactor is { } given) return given;
        return MScale is { } m && MScaleAllDimensions is { } all && m != 0 && all != 0 ? YarnFactor(m) / YarnFactor(all) : YarnFactor(1);

        // The pair that turns this many times within the original context.
        double Turns(double rotations) => Width * Math.Log(OriginalContext / (rotations * 2 * Math.PI)) / (2 * Math.Log(Theta));
    }

    /// <summary>What YaRN multiplies cosine and sine by, where <paramref name="m"/> is 1 unless the model says otherwise.</summary>
    public float YarnFactor(float m) => Factor <= 1 ? 1 : 0.1f * m * MathF.Log(Factor) + 1;

    private float LongRope(float[] inverse)
    {
        // The long factors belong to a context beyond the original one; which of the two applies is fixed by the context that the model is loaded for.
        float[] factors = (UseLongFactors ? LongFactors : ShortFactors) ?? throw new InvalidDataException("LongRoPE needs its lists of short and long factors");
        if (factors.Length < inverse.Length) throw new InvalidDataException($"LongRoPE has {factors.Length} factors for {inverse.Length} pairs");
        for (int i = 0; i < inverse.Length; i++) inverse[i] /= factors[i];
        if (AttentionFactor is { } given) return given;
        return Factor <= 1 ? 1 : MathF.Sqrt(1 + MathF.Log(Factor) / MathF.Log(OriginalContext));
    }

    /// <summary>Whether the session's context goes beyond the original one.</summary>
    public bool UseLongFactors { get; init; }
}
