namespace Lapwing.Generation.Sampling;

/// <summary>
/// Makes the tokens of the last <c>lastN</c> less likely: the repeat penalty divides a positive logit and multiplies a negative one (Keskar et
/// al. 2019, with that repair), then frequency × occurrences + presence is taken off (OpenAI).
/// </summary>
internal sealed class PenaltiesSampler(int lastN, float repeat, float frequency, float presence, int vocabularySize) : Sampler
{
    private readonly TokenRing _recent = new(lastN);
    private readonly int[] _counts = new int[vocabularySize];

    public override void Apply(Candidates candidates)
    {
        Span<float> logits = candidates.Logits;
        if (candidates.IsWhole)
        {
            // Position is id: visit the recent tokens only, each once; a negative count marks the visited.
            for (int i = 0; i < _recent.Count; i++)
            {
                int token = _recent[i], count = _counts[token];
                if (count < 0) continue;
                logits[token] = Penalise(logits[token], count);
                _counts[token] = -count;
            }

            for (int i = 0; i < _recent.Count; i++) _counts[_recent[i]] = Math.Abs(_counts[_recent[i]]);
            return;
        }

        for (int i = 0; i < logits.Length; i++)
        {
            int count = _counts[candidates.Ids[i]];
            if (count > 0) logits[i] = Penalise(logits[i], count);
        }

        candidates.LogitsChanged();
    }

    public override void Accept(int token)
    {
        int fallen = _recent.Push(token);
        if (fallen >= 0) _counts[fallen]--;
        _counts[token]++;
    }

    public override void Reset()
    {
        _recent.Clear();
        Array.Clear(_counts);
    }

    private float Penalise(float logit, int count) => (logit <= 0f ? logit * repeat : logit / repeat) - (count * frequency + presence);
}
