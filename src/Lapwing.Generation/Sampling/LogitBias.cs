namespace Lapwing.Generation.Sampling;

/// <summary>Adds a number to single logits before anything else looks at them; −∞ forbids a token.</summary>
internal sealed class LogitBias
{
    private readonly KeyValuePair<int, float>[] _biases;

    /// <exception cref="ArgumentException">A token is outside the vocabulary, or a bias is NaN or +∞.</exception>
    public LogitBias(IReadOnlyDictionary<int, float> biases, int vocabularySize)
    {
        _biases = [.. biases];
        foreach ((int token, float bias) in _biases)
        {
            if ((uint)token >= (uint)vocabularySize)
                throw new ArgumentException($"logit_bias names token {token}, but the vocabulary's ids run from 0 to {vocabularySize - 1}");
            if (!(bias < float.PositiveInfinity))
                throw new ArgumentException($"logit_bias of token {token} is {bias}: give a number (100 all but forces a token, -infinity forbids it)");
        }
    }

    /// <summary>True where there is nothing to add.</summary>
    public bool IsEmpty => _biases.Length == 0;

    /// <summary>Adds the biases to <paramref name="logits"/> [vocabulary].</summary>
    public void Apply(Span<float> logits)
    {
        foreach ((int token, float bias) in _biases) logits[token] += bias;
    }
}
