using System.Numerics;
using System.Runtime.Intrinsics;

namespace Lapwing.Generation.Sampling;

/// <summary>
/// The tokens still in the running, with their logits: one buffer for a chain's lifetime, so that a token costs no allocation.
/// Either <see cref="Sorted"/> (logits descending, ties by ascending id) or in ascending order of ids. A token at −∞ is no candidate.
/// </summary>
internal sealed class Candidates
{
    /// <summary>Up to here the best k are picked by a heap while scanning; the whole sort costs less beyond.</summary>
    private const int HeapLimit = 4096;

    private readonly int[] _ids;
    private readonly int[] _identity;
    private readonly float[] _logits;
    private readonly float[] _probabilities;
    private ulong[] _keys = [];
    private ulong[] _spare = [];

    /// <summary>Room for a vocabulary of <paramref name="vocabularySize"/> tokens.</summary>
    public Candidates(int vocabularySize)
    {
        int padded = (vocabularySize + 7) / 8 * 8;
        _ids = new int[padded];
        _identity = new int[padded];
        for (int i = 0; i < padded; i++) _identity[i] = i;
        _logits = new float[padded];
        _probabilities = new float[padded];
        VocabularySize = vocabularySize;
    }

    /// <summary>Tokens of the vocabulary, candidates or not.</summary>
    public int VocabularySize { get; }

    /// <summary>How many tokens are in the running.</summary>
    public int Count { get; private set; }

    /// <summary>True when logits descend; otherwise ids ascend.</summary>
    public bool Sorted { get; private set; }

    /// <summary>True while position i holds token i.</summary>
    public bool IsWhole => !Sorted && Count == VocabularySize;

    /// <summary>Token ids [Count].</summary>
    public Span<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Logits [Count]. Who changes their order calls <see cref="LogitsChanged"/>.</summary>
    public Span<float> Logits => _logits.AsSpan(0, Count);

    /// <summary>Probabilities [Count] of the last <see cref="Softmax"/>.</summary>
    public Span<float> Probabilities => _probabilities.AsSpan(0, Count);

    /// <summary>The largest logit at the last <see cref="Softmax"/>.</summary>
    public float SoftmaxMax { get; private set; }

    /// <summary>ln Σ e^(logit − max) of the last <see cref="Softmax"/>.</summary>
    public double SoftmaxLogSum { get; private set; }

    /// <summary>Takes over a model's logits [vocabulary].</summary>
    /// <exception cref="InvalidDataException">One is NaN or +∞.</exception>
    public void Load(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_logits);
        _identity.AsSpan().CopyTo(_ids);
        Count = logits.Length;
        Sorted = false;
        Max(); // looks at every logit
    }

    /// <summary>Drops the tokens at −∞.</summary>
    /// <exception cref="ArgumentException">None is left.</exception>
    public void DropMasked()
    {
        int kept = IndexOf(float.NegativeInfinity);
        if (kept >= 0)
        {
            for (int i = kept; i < Count; i++)
            {
                if (_logits[i] != float.NegativeInfinity) Move(i, kept++);
            }

            Count = kept;
        }

        if (Count == 0)
        {
            throw new ArgumentException(
                $"no token is left to choose from: all {VocabularySize} logits are −∞; loosen the logit bias or the constraint that forbids them");
        }
    }

    /// <summary>The largest logit.</summary>
    /// <exception cref="InvalidDataException">A logit is NaN or +∞.</exception>
    public float Max()
    {
        if (Sorted) return _logits[0];
        Pad();
        Vector256<float> max = Vector256.Create(float.NegativeInfinity), finite = Vector256<float>.AllBitsSet;
        for (int i = 0; i < Count; i += 8)
        {
            Vector256<float> v = Vector256.Create<float>(_logits.AsSpan(i, 8));
            finite &= Vector256.LessThan(v, Vector256.Create(float.PositiveInfinity)); // false for NaN too
            max = Vector256.Max(max, v);
        }

        if (Vector256.ExtractMostSignificantBits(finite) != 255) throw NotFinite();
        float result = max[0];
        for (int i = 1; i < 8; i++) result = MathF.Max(result, max[i]);
        return result;
    }

    /// <summary>The position of the largest logit; of several, the one with the lowest id.</summary>
    public int IndexOfMax() => Sorted ? 0 : IndexOf(Max());

    /// <summary>Fills <see cref="Probabilities"/> with e^(logit − max) / Σ.</summary>
    public void Softmax()
    {
        float max = Max();
        Pad();
        Span<float> padded = _probabilities.AsSpan(0, Padded);
        _logits.AsSpan(0, Padded).CopyTo(padded);
        double sum = PortableMath.ExpAndSum(padded, max);
        Vector256<float> scale = Vector256.Create((float)(1.0 / sum));
        for (int i = 0; i < padded.Length; i += 8) (Vector256.Create<float>(padded.Slice(i, 8)) * scale).CopyTo(padded.Slice(i, 8));
        SoftmaxMax = max;
        SoftmaxLogSum = PortableMath.Log(sum);
    }

    /// <summary>−ln p in nats of the candidate at <paramref name="position"/>, after <see cref="Softmax"/>.</summary>
    public double Surprise(int position) => SoftmaxLogSum + ((double)SoftmaxMax - _logits[position]);

    /// <summary>Shannon entropy in nats of the last <see cref="Softmax"/>.</summary>
    public double Entropy()
    {
        double entropy = 0.0;
        for (int i = 0; i < Count; i++)
        {
            if (_probabilities[i] > 0f) entropy += _probabilities[i] * Surprise(i);
        }

        return entropy;
    }

    /// <summary>Moves candidate <paramref name="from"/> to position <paramref name="to"/>, with its probability.</summary>
    public void Move(int from, int to)
    {
        _ids[to] = _ids[from];
        _logits[to] = _logits[from];
        _probabilities[to] = _probabilities[from];
    }

    /// <summary>Keeps the first <paramref name="count"/> candidates.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>After logits were changed in place: brings sorted candidates back into order.</summary>
    public void LogitsChanged()
    {
        if (!Sorted) return;
        Sorted = false;
        Span<ulong> keys = Keys(Count);
        for (int i = 0; i < Count; i++) keys[i] = RankKeys.Descending(_logits[i], _ids[i]);
        keys.Sort();
        Take(keys);
    }

    /// <summary>After logits were changed in place, where no later link needs an order.</summary>
    public void ForgetOrder() => Sorted = false;

    /// <summary>Sorts all candidates.</summary>
    public void Sort() => KeepTop(Count);

    /// <summary>Keeps the <paramref name="k"/> ≥ 1 best, sorted; all of them, sorted, where there are fewer.</summary>
    public void KeepTop(int k)
    {
        if (Sorted) Count = Math.Min(k, Count);
        else Take(Best(k));
    }

    /// <summary>Keys of the <paramref name="k"/> best (or all) in order, of candidates that are not <see cref="Sorted"/>; they stay as they are.</summary>
    public ReadOnlySpan<ulong> Best(int k)
    {
        if (k >= Count || k > HeapLimit)
        {
            Span<ulong> all = Keys(Count);
            for (int i = 0; i < Count; i++) all[i] = RankKeys.Descending(_logits[i], _ids[i]);
            if (_spare.Length < Count) _spare = new ulong[VocabularySize];
            RankKeys.Sort(all, _spare);
            return all[..Math.Min(k, Count)];
        }

        Span<ulong> heap = Keys(k);
        for (int i = 0; i < k; i++) heap[i] = RankKeys.Descending(_logits[i], _ids[i]);
        heap.Sort();
        heap.Reverse(); // descending order is a max-heap
        Pad();
        float worst = RankKeys.DescendingValue(heap[0]);
        for (int i = k / 8 * 8; i < Count; i += 8)
        {
            // Ids ascend, so a later token with the same logit loses: strictly greater.
            if (!Vector256.GreaterThanAny(Vector256.Create<float>(_logits.AsSpan(i, 8)), Vector256.Create(worst))) continue;
            for (int j = Math.Max(i, k); j < Math.Min(i + 8, Count); j++)
            {
                if (_logits[j] <= worst) continue;
                RankKeys.ReplaceLargest(heap, RankKeys.Descending(_logits[j], _ids[j]));
                worst = RankKeys.DescendingValue(heap[0]);
            }
        }

        heap.Sort();
        return heap;
    }

    /// <summary>Makes the candidates exactly those of <paramref name="keys"/>, which are in order.</summary>
    public void Take(ReadOnlySpan<ulong> keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            _ids[i] = RankKeys.Index(keys[i]);
            _logits[i] = RankKeys.DescendingValue(keys[i]);
        }

        Count = keys.Length;
        Sorted = true;
    }

    /// <summary>Two buffers for <paramref name="count"/> keys, for samplers that rank by something else than the logit.</summary>
    public Span<ulong> Keys(int count, out Span<ulong> spare)
    {
        if (_spare.Length < count) _spare = new ulong[VocabularySize];
        spare = _spare;
        return Keys(count);
    }

    private Span<ulong> Keys(int count)
    {
        if (_keys.Length < count) _keys = new ulong[count <= HeapLimit ? Math.Min(HeapLimit, VocabularySize) : VocabularySize];
        return _keys.AsSpan(0, count);
    }

    // Vectors of eight read past the end: −∞ there wins no maximum and adds nothing.
    private void Pad() => _logits.AsSpan(Count, Padded - Count).Fill(float.NegativeInfinity);

    private int Padded => (Count + 7) / 8 * 8;

    private int IndexOf(float value)
    {
        Pad();
        for (int i = 0; i < Count; i += 8)
        {
            uint hits = Vector256.ExtractMostSignificantBits(Vector256.Equals(Vector256.Create<float>(_logits.AsSpan(i, 8)), Vector256.Create(value)));
            if (hits != 0) return i + BitOperations.TrailingZeroCount(hits) is var at && at < Count ? at : -1;
        }

        return -1;
    }

    private InvalidDataException NotFinite()
    {
        int bad = 0;
        while (_logits[bad] < float.PositiveInfinity) bad++;
        return new InvalidDataException(
            $"the logit of token {_ids[bad]} is {(float.IsNaN(_logits[bad]) ? "NaN" : "+∞")}: the model's weights are damaged or its arithmetic overflowed; "
            + "check the file against its checksum, and try the exact path");
    }
}
