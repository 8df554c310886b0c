using System.Security.Cryptography;

namespace Lapwing.Generation.Sampling;

/// <summary>
/// From logits to a token: logit bias, the links of <see cref="SamplerOptions.Order"/>, and a choice at the end. Semantics follow llama.cpp's
/// <c>llama-sampler.cpp</c>; the random numbers and the order of equals are ours and the same on every platform. Links that are switched off are not
/// built. After the first tokens nothing is allocated.
/// </summary>
/// <remarks>
/// Two deliberate differences: a token at −∞ (forbidden, or cut by top-nσ) is no candidate any more, so that it counts neither for
/// <c>min_keep</c> nor in the dynamic temperature's largest entropy; and a temperature of 0 or less is greedy wherever it stands. Not thread-safe.
/// </remarks>
public sealed class SamplerChain
{
    private readonly Candidates _candidates;
    private readonly LogitBias _bias;
    private readonly Sampler[] _links;
    private readonly Selector _selector;
    private readonly Xoshiro256 _random;

    private SamplerChain(SamplerOptions options, SamplerVocabulary vocabulary)
    {
        Seed = options.Seed is >= 0 and long seed ? seed : RandomNumberGenerator.GetInt32(int.MaxValue);
        _random = new Xoshiro256((ulong)Seed);
        _candidates = new Candidates(vocabulary.Size);
        _bias = new LogitBias(options.LogitBias, vocabulary.Size);
        bool greedy = options.Temperature <= 0f;
        IEnumerable<SamplerKind> order = options.Mirostat > 0 ? [SamplerKind.Temperature] : options.Order;
        if (greedy) order = order.TakeWhile(static k => k != SamplerKind.Temperature);
        var links = new List<Sampler>();
        foreach (SamplerKind kind in order)
        {
            if (Link(kind, options, vocabulary) is { } link) links.Add(link);
        }

        while (greedy && links.Count > 0 && links[^1].KeepsBest) links.RemoveAt(links.Count - 1);
        _links = [.. links];
        _selector = greedy ? new GreedySelector() : End(options, vocabulary);
    }

    /// <summary>The seed in use: the given one, or the one drawn in its place.</summary>
    public long Seed { get; }

    /// <summary>Builds a chain.</summary>
    /// <exception cref="ArgumentException">A setting makes no sense, or a logit bias names a token outside the vocabulary.</exception>
    public static SamplerChain Create(SamplerOptions options, SamplerVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(vocabulary);
        options.Validate();
        return new SamplerChain(options, vocabulary);
    }

    /// <summary>Chooses a token by <paramref name="logits"/> [vocabulary], which stay as they are. It is not part of the text before <see cref="Accept"/>.</summary>
    /// <exception cref="ArgumentException">Not one logit a token, or all of them forbidden.</exception>
    /// <exception cref="InvalidDataException">A logit is NaN or +∞: the model is broken.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _candidates.VocabularySize)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {_candidates.VocabularySize} tokens; pass one logit a token");
        _candidates.Load(logits);
        _bias.Apply(_candidates.Logits);
        _candidates.DropMasked();
        foreach (Sampler link in _links) link.Apply(_candidates);
        return _selector.Select(_candidates);
    }

    /// <summary>Makes a token, sampled or of the prompt, part of the text that penalties and DRY look back on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is outside the vocabulary.</exception>
    public void Accept(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, _candidates.VocabularySize);
        foreach (Sampler link in _links) link.Accept(token);
        _selector.Accept(token);
    }

    /// <summary>Back to the beginning: no text, and the random numbers from the first again.</summary>
    public void Reset()
    {
        _random.Reset((ulong)Seed);
        foreach (Sampler link in _links) link.Reset();
        _selector.Reset();
    }

    private Sampler? Link(SamplerKind kind, SamplerOptions o, SamplerVocabulary vocabulary)
    {
        int window(int lastN) => lastN < 0 ? vocabulary.ContextLength : Math.Min(lastN, vocabulary.ContextLength);
        bool penalties = o.RepeatLastN != 0 && (o.RepeatPenalty != 1f || o.FrequencyPenalty != 0f || o.PresencePenalty != 0f);
        bool dry = o.DryMultiplier != 0f && o.DryBase >= 1f && o.DryPenaltyLastN != 0;
        return kind switch
        {
            SamplerKind.Penalties when penalties => new PenaltiesSampler(
                window(o.RepeatLastN), o.RepeatPenalty, o.FrequencyPenalty, o.PresencePenalty, vocabulary.Size),
            SamplerKind.Dry when dry => new DrySampler(
                o.DryMultiplier, o.DryBase, o.DryAllowedLength, window(o.DryPenaltyLastN), new DryBreakers(o.DrySequenceBreakers, vocabulary), vocabulary.Size),
            SamplerKind.TopNSigma when o.TopNSigma > 0f => new TopNSigmaSampler(o.TopNSigma),
            SamplerKind.TopK when o.TopK > 0 => new TopKSampler(o.TopK),
            SamplerKind.TypicalP when o.TypicalP < 1f => new TypicalPSampler(o.TypicalP, o.MinKeep),
            SamplerKind.TopP when o.TopP < 1f => new TopPSampler(o.TopP, o.MinKeep),
            SamplerKind.MinP when o.MinP > 0f => new MinPSampler(o.MinP, o.MinKeep),
            SamplerKind.Xtc when o.XtcProbability > 0f && o.XtcThreshold <= 0.5f => new XtcSampler(o.XtcProbability, o.XtcThreshold, o.MinKeep, _random),
            SamplerKind.Temperature when o.Temperature != 1f || o.DynamicTemperatureRange > 0f => new TemperatureSampler(
                o.Temperature, o.Mirostat > 0 ? 0f : o.DynamicTemperatureRange, o.DynamicTemperatureExponent),
            _ => null,
        };
    }

    private Selector End(SamplerOptions o, SamplerVocabulary vocabulary) => o.Mirostat switch
    {
        1 => new MirostatSelector(o.MirostatTau, o.MirostatEta, vocabulary.Size, _random),
        2 => new MirostatV2Selector(o.MirostatTau, o.MirostatEta, _random),
        _ when o.Order.Contains(SamplerKind.AdaptiveP) && o.AdaptiveTarget >= 0f
            => new AdaptivePSelector(o.AdaptiveTarget, o.AdaptiveDecay, vocabulary.Size, _random),
        _ => new DistributionSelector(_random),
    };
}
