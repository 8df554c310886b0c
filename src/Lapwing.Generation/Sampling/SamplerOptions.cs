namespace Lapwing.Generation.Sampling;

/// <summary>
/// How the next token is chosen. Names, defaults and meaning are llama.cpp's (<c>common_params_sampling</c>), so that settings carry over.
/// </summary>
public sealed record SamplerOptions
{
    /// <summary>The order of the links. Mirostat ignores it.</summary>
    public IReadOnlyList<SamplerKind> Order { get; init; } = SamplerOrder.Default;

    /// <summary>Seed of the random numbers; null or −1 draws one. The same seed gives the same tokens on every machine.</summary>
    public long? Seed { get; init; }

    /// <summary>0 or less: always the most likely token, whatever the order says.</summary>
    public float Temperature { get; init; } = 0.8f;

    /// <summary>Dynamic temperature: how far it may stray from <see cref="Temperature"/>; 0 is off.</summary>
    public float DynamicTemperatureRange { get; init; }

    /// <summary>Dynamic temperature: how entropy maps to temperature.</summary>
    public float DynamicTemperatureExponent { get; init; } = 1f;

    /// <summary>Keep so many; 0 or less is off.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keep the most likely until so much probability; 1 or more is off.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keep what is so likely compared with the most likely; 0 is off.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Keep the locally typical until so much probability; 1 or more is off.</summary>
    public float TypicalP { get; init; } = 1f;

    /// <summary>Keep what is within so many standard deviations of the best logit; 0 or less is off.</summary>
    public float TopNSigma { get; init; } = -1f;

    /// <summary>The truncating links leave at least so many.</summary>
    public int MinKeep { get; init; }

    /// <summary>How often XTC strikes; 0 is off.</summary>
    public float XtcProbability { get; init; }

    /// <summary>From which probability on a token is a top choice for XTC; above 0.5 is off.</summary>
    public float XtcThreshold { get; init; } = 0.1f;

    /// <summary>How many last tokens the penalties look at; 0 is off, −1 the whole context.</summary>
    public int RepeatLastN { get; init; } = 64;

    /// <summary>Divides (or multiplies, where negative) a repeated token's logit; 1 is off.</summary>
    public float RepeatPenalty { get; init; } = 1f;

    /// <summary>Taken off a repeated token's logit for each occurrence; 0 is off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Taken off a repeated token's logit once; 0 is off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Strength of DRY; 0 is off.</summary>
    public float DryMultiplier { get; init; }

    /// <summary>Growth of DRY with each repeated token; below 1 is off.</summary>
    public float DryBase { get; init; } = 1.75f;

    /// <summary>Repetitions up to here cost nothing but from here on the multiplier.</summary>
    public int DryAllowedLength { get; init; } = 2;

    /// <summary>How many last tokens DRY looks at; 0 is off, −1 the whole context.</summary>
    public int DryPenaltyLastN { get; init; } = -1;

    /// <summary>Texts no repetition reaches across.</summary>
    public IReadOnlyList<string> DrySequenceBreakers { get; init; } = ["\n", ":", "\"", "*"];

    /// <summary>0 off, 1 or 2: the version of mirostat, which replaces all links but the temperature.</summary>
    public int Mirostat { get; init; }

    /// <summary>Mirostat's wanted surprise in bits.</summary>
    public float MirostatTau { get; init; } = 5f;

    /// <summary>Mirostat's learning rate.</summary>
    public float MirostatEta { get; init; } = 0.1f;

    /// <summary>Adaptive-p's wanted probability, where the order names it; below 0 is off.</summary>
    public float AdaptiveTarget { get; init; } = -1f;

    /// <summary>Adaptive-p's memory, 0 … 0.99.</summary>
    public float AdaptiveDecay { get; init; } = 0.9f;

    /// <summary>Added to single tokens' logits first of all; −∞ forbids a token.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Looks at every setting by itself.</summary>
    /// <exception cref="ArgumentException">One makes no sense; the message names it and what it may be.</exception>
    public void Validate()
    {
        Within("temperature", Temperature, -1000f, 1000f, "0 is greedy");
        Within("dynatemp_range", DynamicTemperatureRange, 0f, 1000f, "0 switches it off");
        Within("dynatemp_exponent", DynamicTemperatureExponent, 0f, 1000f, "1 is usual");
        Within("top_p", TopP, 0f, float.MaxValue, "1 switches it off");
        Within("min_p", MinP, 0f, float.MaxValue, "0 switches it off");
        Within("typical_p", TypicalP, 0f, float.MaxValue, "1 switches it off");
        Within("top_n_sigma", TopNSigma, -1000f, 1000f, "0 or less switches it off");
        Within("min_keep", MinKeep, 0, int.MaxValue, "0 switches it off");
        Within("xtc_probability", XtcProbability, 0f, 1f, "0 switches it off");
        Within("xtc_threshold", XtcThreshold, 0f, 1f, "above 0.5 switches it off");
        Within("repeat_last_n", RepeatLastN, -1, int.MaxValue, "0 switches the penalties off, -1 is the whole context");
        Within("repeat_penalty", RepeatPenalty, 0.001f, 1000f, "1 switches it off");
        Within("frequency_penalty", FrequencyPenalty, -1000f, 1000f, "0 switches it off");
        Within("presence_penalty", PresencePenalty, -1000f, 1000f, "0 switches it off");
        Within("dry_multiplier", DryMultiplier, 0f, 1000f, "0 switches it off");
        Within("dry_base", DryBase, 0f, 1000f, "below 1 switches DRY off");
        Within("dry_allowed_length", DryAllowedLength, 0, int.MaxValue, "2 is usual");
        Within("dry_penalty_last_n", DryPenaltyLastN, -1, int.MaxValue, "0 switches DRY off, -1 is the whole context");
        Within("mirostat", Mirostat, 0, 2, "0 switches it off");
        Within("mirostat_tau", MirostatTau, 0f, 1000f, "5 is usual");
        Within("mirostat_eta", MirostatEta, 0f, 1000f, "0.1 is usual");
        Within("adaptive_target", AdaptiveTarget, -1000f, 1f, "below 0 switches it off");
        Within("adaptive_decay", AdaptiveDecay, 0f, 0.99f, "0.9 is usual");
        if (Seed is < -1) throw new ArgumentException($"seed is {Seed}; give a number from 0 on, or -1 for a random one");
        if (DrySequenceBreakers.Any(string.IsNullOrEmpty)) throw new ArgumentException("a dry_sequence_breaker is empty; give at least one character");
    }

    private static void Within(string name, float value, float least, float most, string hint)
    {
        if (value >= least && value <= most) return; // false for NaN
        string range = most == float.MaxValue ? $"a number from {least} on" : $"between {least} and {most}";
        throw new ArgumentException($"{name} is {value}; it must be {range} ({hint})");
    }

    private static void Within(string name, int value, int least, int most, string hint)
    {
        if (value >= least && value <= most) return;
        string range = most == int.MaxValue ? $"{least} or more" : $"between {least} and {most}";
        throw new ArgumentException($"{name} is {value}; it must be {range} ({hint})");
    }
}
