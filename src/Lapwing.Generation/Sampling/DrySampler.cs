namespace Lapwing.Generation.Sampling;

/// <summary>
/// Don't repeat yourself (p-e-w, 2024; llama.cpp's form by pi6am): a token that would prolong a repetition of the recent text is taken down by
/// multiplier · base^(length of the repetition − allowed length). A sequence breaker ends what can be repeated.
/// </summary>
internal sealed class DrySampler(
    float multiplier, float @base, int allowedLength, int lastN, DryBreakers breakers, int vocabularySize) : Sampler
{
    // Keeps base^exponent within a float.
    private readonly int _largestExponent = @base > 1.000001f ? (int)(88.7228391 / PortableMath.Log(@base)) : int.MaxValue;
    private readonly TokenRing _recent = new(lastN);
    private readonly int[] _matches = new int[lastN]; // [back]: how many tokens before and at it repeat the end of the text
    private readonly int[] _longest = new int[vocabularySize]; // by token: the longest repetition it would prolong, 0 none
    private readonly int[] _prolonging = new int[lastN];

    public override void Apply(Candidates candidates)
    {
        int count = _recent.Count;
        if (count <= allowedLength) return;
        int limit = breakers.LengthSinceLast(_recent);
        if (limit < allowedLength) return;
        MeasureMatches(count, limit);
        int tokens = FindProlonging(count);
        if (tokens == 0) return;
        Span<float> logits = candidates.Logits;
        if (candidates.IsWhole)
        {
            foreach (int token in _prolonging.AsSpan(0, tokens)) logits[token] -= Penalty(_longest[token] - 1);
        }
        else
        {
            for (int i = 0; i < logits.Length; i++)
            {
                int longest = _longest[candidates.Ids[i]];
                if (longest > 0) logits[i] -= Penalty(longest - 1);
            }

            candidates.LogitsChanged();
        }

        foreach (int token in _prolonging.AsSpan(0, tokens)) _longest[token] = 0;
    }

    public override void Accept(int token) => _recent.Push(token);

    public override void Reset() => _recent.Clear();

    // The Z-algorithm on the reversed text, in one pass: matches[back] = the length of the common end of the text and of the text cut `back` before its end.
    private void MeasureMatches(int count, int limit)
    {
        int left = 0, right = 0; // the match that reaches furthest covers [left, right)
        for (int back = 1; back < count; back++)
        {
            int length = back < right ? Math.Min(_matches[back - left], right - back) : 0;
            while (back + length < count && _recent[length] == _recent[back + length]) length++;
            _matches[back] = length;
            if (back + length > right) (left, right) = (back, back + length);
        }

        for (int back = 1; back < count; back++) _matches[back] = Math.Min(_matches[back], limit);
    }

    private int FindProlonging(int count)
    {
        int tokens = 0;
        for (int back = 1; back < count; back++)
        {
            int token = _recent[back - 1]; // what followed the repeated end
            if (_matches[back] < allowedLength || breakers.IsSingle(token)) continue;
            if (_longest[token] == 0) _prolonging[tokens++] = token;
            _longest[token] = Math.Max(_longest[token], _matches[back] + 1); // + 1: an allowed length of 0 has repetitions of length 0
        }

        return tokens;
    }

    private float Penalty(int length)
        => (float)(multiplier * PortableMath.Pow(@base, Math.Min(length - allowedLength, _largestExponent)));
}
