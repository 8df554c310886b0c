using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// The loop of byte-pair learning over distinct words with their counts. A pair knows the words it stands in, so that a join touches only those; a heap
/// with stale entries left in place finds the most frequent one.
/// </summary>
internal sealed class PairLearner
{
    private readonly List<int>[] _words;
    private readonly long[] _counts;
    private readonly Dictionary<ulong, long> _pairs = [];
    private readonly Dictionary<ulong, HashSet<int>> _places = [];
    private readonly PriorityQueue<ulong, (long Count, ulong Pair)> _queue = new();
    private readonly List<int> _lengths = [];
    private readonly int _minimum, _longest;

    /// <param name="alphabet">Single symbols; characters outside part words.</param>
    /// <param name="words">Words with their counts.</param>
    /// <param name="minimum">Pairs seen less often are not joined.</param>
    /// <param name="longest">The longest token, in symbols of the alphabet.</param>
    internal PairLearner(IReadOnlyList<string> alphabet, Dictionary<string, long> words, int minimum, int longest)
    {
        (_minimum, _longest) = (Math.Max(1, minimum), longest);
        Texts.AddRange(alphabet);
        _lengths.AddRange(alphabet.Select(_ => 1));
        var symbols = alphabet.Select((text, id) => (text, id)).ToDictionary(x => x.text, x => x.id);
        var parts = new List<List<int>>();
        var counts = new List<long>();
        // In order of the words, so that nothing depends on how a dictionary walks.
        foreach ((string word, long count) in words.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            var current = new List<int>();
            foreach (Rune rune in word.EnumerateRunes())
            {
                if (symbols.TryGetValue(rune.ToString(), out int symbol))
                {
                    current.Add(symbol);
                    continue;
                }
                Finish(current, count);
                current = [];
            }
            Finish(current, count);
        }
        (_words, _counts) = ([.. parts], [.. counts]);
        for (int word = 0; word < _words.Length; word++)
            for (int i = 0; i + 1 < _words[word].Count; i++) Change(_words[word][i], _words[word][i + 1], word, _counts[word]);
        foreach ((ulong pair, long count) in _pairs) Offer(pair, count);

        void Finish(List<int> symbolsOfPart, long count)
        {
            if (symbolsOfPart.Count < 2) return;
            parts.Add(symbolsOfPart);
            counts.Add(count);
        }
    }

    /// <summary>The alphabet, then the joined tokens in the order they were found.</summary>
    internal List<string> Texts { get; } = [];

    /// <summary>What was joined, in order.</summary>
    internal List<(string Left, string Right)> Merges { get; } = [];

    /// <summary>Joins until <paramref name="tokens"/> new ones are found or no pair is left. A pair whose text is <paramref name="taken"/> or a token already
    /// (by another way) adds no token and is passed over.</summary>
    internal void Learn(int tokens, IReadOnlyList<string> taken)
    {
        var used = new HashSet<string>(Texts.Concat(taken));
        while (tokens > 0 && _queue.TryDequeue(out ulong pair, out (long Count, ulong Pair) entry))
        {
            long count = _pairs.GetValueOrDefault(pair);
            if (count != -entry.Count)
            {
                // Stale: the pair became rarer (or was offered anew when it became more frequent).
                if (count > 0 && count < -entry.Count) Offer(pair, count);
                continue;
            }
            if (count < _minimum) return;
            (int left, int right) = ((int)(pair >> 32), (int)(uint)pair);
            string text = Texts[left] + Texts[right];
            if (_lengths[left] + _lengths[right] > _longest || !used.Add(text))
            {
                _pairs.Remove(pair);
                _places.Remove(pair);
                continue;
            }
            Merges.Add((Texts[left], Texts[right]));
            Texts.Add(text);
            _lengths.Add(_lengths[left] + _lengths[right]);
            Join(left, right, Texts.Count - 1);
            tokens--;
        }
    }

    private void Join(int left, int right, int joined)
    {
        ulong pair = Key(left, right);
        int[] places = [.. _places[pair].Order()];
        var changed = new HashSet<ulong>();
        foreach (int word in places)
        {
            List<int> symbols = _words[word];
            long count = _counts[word];
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i] != left || symbols[i + 1] != right) continue;
                if (i > 0)
                {
                    Change(symbols[i - 1], left, word, -count);
                    Change(symbols[i - 1], joined, word, count);
                    changed.Add(Key(symbols[i - 1], joined));
                }
                if (i + 2 < symbols.Count)
                {
                    Change(right, symbols[i + 2], word, -count);
                    Change(joined, symbols[i + 2], word, count);
                    changed.Add(Key(joined, symbols[i + 2]));
                }
                symbols[i] = joined;
                symbols.RemoveAt(i + 1);
            }
        }
        _pairs.Remove(pair);
        _places.Remove(pair);
        foreach (ulong key in changed)
            if (_pairs.TryGetValue(key, out long count) && count > 0) Offer(key, count);
    }

    private void Change(int left, int right, int word, long count)
    {
        ulong pair = Key(left, right);
        // A pair that was passed over (too long, or known by another way) stays gone: it is not counted down below 0 either.
        _pairs[pair] = _pairs.GetValueOrDefault(pair) + count;
        if (count <= 0) return;
        if (!_places.TryGetValue(pair, out HashSet<int>? places)) _places[pair] = places = [];
        places.Add(word);
    }

    private void Offer(ulong pair, long count) => _queue.Enqueue(pair, (-count, pair));

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
