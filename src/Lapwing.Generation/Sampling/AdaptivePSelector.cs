namespace Lapwing.Generation.Sampling;

/// <summary>
/// Adaptive-p (MrJackSpade, llama.cpp #17927): re-weighs candidates around a wanted probability, draws, and moves the aim so that the
/// chosen tokens' own probabilities average <paramref name="target"/> over about 1 / (1 − <paramref name="decay"/>) tokens.
/// </summary>
internal sealed class AdaptivePSelector(float target, float decay, int vocabularySize, Xoshiro256 random) : Selector
{
    // llama.cpp's constants: quadratic within a width of 0.3 around the aim, linear beyond.
    private const float Width = 0.3f, Peak = 5f, Sharpness = 10f;

    private readonly float[] _original = new float[vocabularySize];
    private double _weightedSum = target / (1.0 - decay);
    private double _totalWeight = 1.0 / (1.0 - decay);
    private int _pending = -1;
    private float _pendingProbability;

    public override int Select(Candidates candidates)
    {
        candidates.Softmax();
        candidates.Probabilities.CopyTo(_original);
        float aim = (float)Math.Clamp(2.0 * target - _weightedSum / _totalWeight, 0.0, 1.0);
        Span<float> logits = candidates.Logits;
        for (int i = 0; i < logits.Length; i++)
        {
            float distance = MathF.Abs((_original[i] - aim) / Width);
            logits[i] = Peak - Sharpness * distance * distance / (1f + distance);
        }

        candidates.ForgetOrder();
        candidates.Softmax();
        int chosen = Draw(candidates, random);
        _pending = candidates.Ids[chosen];
        _pendingProbability = _original[chosen];
        return _pending;
    }

    public override void Accept(int token)
    {
        if (token == _pending)
        {
            _weightedSum = _pendingProbability + decay * _weightedSum;
            _totalWeight = 1.0 + decay * _totalWeight;
        }

        _pending = -1;
    }

    public override void Reset()
    {
        _weightedSum = target / (1.0 - decay);
        _totalWeight = 1.0 / (1.0 - decay);
        _pending = -1;
    }
}
