using System.Text;

namespace Lapwing.Generation.Sampling;

/// <summary>
/// The token sequences that end a repetition for <see cref="DrySampler"/>: for each breaker string, every token that holds or
/// begins it, with the tokens that finish it. So a newline breaks whether it stands alone or inside a token.
/// </summary>
internal sealed class DryBreakers
{
    /// <summary>llama.cpp's bounds, which keep the search linear: bytes of a breaker, tokens after its first.</summary>
    private const int LongestString = 40, LongestTail = 20;

    private readonly Dictionary<int, List<int[]>> _tails = [];

    /// <summary>No breakers.</summary>
    public DryBreakers()
    {
    }

    /// <summary>Sequences given as tokens.</summary>
    public DryBreakers(IEnumerable<int[]> sequences)
    {
        foreach (int[] sequence in sequences) Add(sequence[0], sequence[1..]);
    }

    /// <summary>Sequences derived from strings with a vocabulary.</summary>
    public DryBreakers(IEnumerable<string> strings, SamplerVocabulary vocabulary)
    {
        byte[][] texts = [.. strings.Select(Encoding.UTF8.GetBytes)];
        for (int token = 0; token < vocabulary.Size; token++)
        {
            byte[] word = vocabulary.TokenBytes(token);
            foreach (byte[] text in texts) AddOverlaps(token, word, text.AsSpan(0, Math.Min(text.Length, LongestString)), vocabulary);
        }
    }

    /// <summary>True where <paramref name="token"/> alone is a breaker.</summary>
    public bool IsSingle(int token) => _tails.TryGetValue(token, out List<int[]>? tails) && tails.Exists(static t => t.Length == 0);

    /// <summary>How many tokens follow the last breaker of a text; all of them where there is none.</summary>
    public int LengthSinceLast(TokenRing text)
    {
        if (_tails.Count == 0) return text.Count;
        for (int back = 0; back < text.Count; back++)
        {
            if (!_tails.TryGetValue(text[back], out List<int[]>? tails)) continue;
            int longest = -1;
            foreach (int[] tail in tails)
            {
                if (tail.Length > longest && tail.Length <= back && Follows(text, back, tail)) longest = tail.Length;
            }

            if (longest >= 0) return back - longest;
        }

        return text.Count;
    }

    private static bool Follows(TokenRing text, int back, int[] tail)
    {
        for (int i = 0; i < tail.Length; i++)
        {
            if (text[back - 1 - i] != tail[i]) return false;
        }

        return true;
    }

    private void AddOverlaps(int token, ReadOnlySpan<byte> word, ReadOnlySpan<byte> breaker, SamplerVocabulary vocabulary)
    {
        if (word.IndexOf(breaker) >= 0)
        {
            Add(token, []);
            return;
        }

        for (int at = word.IndexOf(breaker[0]); at >= 0 && at < word.Length; at++)
        {
            ReadOnlySpan<byte> overlap = word[at..];
            if (overlap.Length >= breaker.Length || !breaker.StartsWith(overlap)) continue;
            ReadOnlySpan<byte> rest = breaker[overlap.Length..];
            if ((rest[0] & 0xC0) == 0x80) continue; // within a character: no text to tokenise
            int[] tail = vocabulary.Tokenize(Encoding.UTF8.GetString(rest));
            Add(token, tail.Length > LongestTail ? tail[..LongestTail] : tail);
        }
    }

    private void Add(int head, int[] tail)
    {
        if (!_tails.TryGetValue(head, out List<int[]>? tails)) _tails.Add(head, tails = []);
        if (!tails.Exists(t => t.AsSpan().SequenceEqual(tail))) tails.Add(tail);
    }
}
