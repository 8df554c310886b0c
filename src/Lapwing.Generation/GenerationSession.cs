using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Generation;

/// <summary>
/// One conversation with a model: the key/value cache and the ids that are in it. A new prompt that begins like the cached text keeps
/// that beginning and computes only the rest. Not thread-safe; sessions of one model are independent of each other.
/// </summary>
public sealed unsafe class GenerationSession : IDisposable
{
    /// <summary>Tokens of one pass over a prompt: enough to read each weight once for many tokens, few enough that activations stay small and cancelling is prompt.</summary>
    private const int PassTokens = 512;

    private readonly DecoderModel _model;
    private readonly SequenceState _state;
    private readonly Pass _reading;
    private readonly Pass _speaking;
    private readonly List<int> _tokens = [];
    private float* _logits;

    /// <summary>An empty session.</summary>
    /// <param name="model">Stays the caller's, and must outlive the session.</param>
    /// <param name="arithmetic">The numeric policy; it also decides how the cache stores keys and values.</param>
    /// <param name="contextLength">Tokens at most, prompt and answer together; null: what the model was trained for.</param>
    /// <exception cref="ArgumentException">The context length is not positive, or more than the model can address.</exception>
    public GenerationSession(DecoderModel model, Arithmetic arithmetic, int? contextLength = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(arithmetic);
        ContextLength = contextLength ?? model.Info.ContextLength;
        if (ContextLength < 1) throw new ArgumentException($"a context of {ContextLength} tokens is none; give at least 1");
        _model = model;
        _state = model.NewState(arithmetic);
        _reading = new Pass(arithmetic);
        _speaking = ReferenceEquals(arithmetic.Decoding, arithmetic) ? _reading : new Pass(arithmetic.Decoding);
    }

    /// <summary>Tokens at most, prompt and answer together.</summary>
    public int ContextLength { get; }

    /// <summary>The ids whose keys and values are in the cache.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Logits [vocabulary] for the token after <see cref="Tokens"/>; valid until the next change of the session.</summary>
    /// <exception cref="InvalidOperationException">Nothing was evaluated yet.</exception>
    public ReadOnlySpan<float> Logits => _logits is null
        ? throw new InvalidOperationException("the session has no logits before a prompt was evaluated")
        : new ReadOnlySpan<float>(_logits, _model.Head.Vocabulary);

    /// <summary>Counts the runs on this session, so that an older one notices that a newer one took over.</summary>
    internal int Run { get; set; }

    /// <summary>
    /// Makes the cache hold exactly <paramref name="prompt"/>: keeps the longest common beginning (but one token at the end is always computed, for its
    /// logits) and evaluates the rest.
    /// </summary>
    /// <returns>How many tokens were found in the cache.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, does not fit the context, or holds an id outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was evaluated so far stays in the cache.</exception>
    public int Evaluate(ReadOnlySpan<int> prompt, CancellationToken cancellation = default)
    {
        Check(prompt);
        int kept = Math.Min(CommonLength(prompt), prompt.Length - 1);
        if (kept < _tokens.Count) kept = Cut(kept);
        for (int at = kept; at < prompt.Length; at += PassTokens)
        {
            cancellation.ThrowIfCancellationRequested();
            Forward(prompt.Slice(at, Math.Min(PassTokens, prompt.Length - at)), last: at + PassTokens >= prompt.Length, _reading);
        }

        return kept;
    }

    /// <summary>Evaluates one token more.</summary>
    /// <exception cref="InvalidOperationException">The context is full.</exception>
    public void Append(int token)
    {
        if (_tokens.Count >= ContextLength) throw new InvalidOperationException($"the context of {ContextLength} tokens is full");
        Forward(new ReadOnlySpan<int>(in token), last: true, _speaking);
    }

    /// <summary>Makes room for the ids of a text of <paramref name="tokens"/>, so that decoding need not.</summary>
    internal void Reserve(int tokens) => _tokens.EnsureCapacity(Math.Min(tokens, ContextLength));

    /// <summary>Forgets everything.</summary>
    public void Clear() => Cut(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _logits = null;
        _state.Dispose();
        _reading.Dispose();
        _speaking.Dispose();
    }

    private void Check(ReadOnlySpan<int> prompt)
    {
        if (prompt.IsEmpty) throw new ArgumentException("the prompt has no tokens; give it some text");
        if (prompt.Length > ContextLength)
        {
            throw new ArgumentException(
                $"the prompt has {prompt.Length} tokens, but the context holds {ContextLength}; shorten the prompt or ask for a larger context");
        }

        int vocabulary = _model.Info.Vocabulary;
        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)vocabulary)
                throw new ArgumentException($"the prompt holds token {id}, but the model's ids run from 0 to {vocabulary - 1}; is it this model's tokenizer?");
        }
    }

    private int CommonLength(ReadOnlySpan<int> prompt)
    {
        int length = 0, most = Math.Min(prompt.Length, _tokens.Count);
        while (length < most && prompt[length] == _tokens[length]) length++;
        return length;
    }

    // Layers without a history (recurrent states) cannot go back: start anew.
    private int Cut(int length)
    {
        if (!_state.CanTruncate) length = 0;
        _logits = null;
        _state.Truncate(length);
        _tokens.RemoveRange(length, _tokens.Count - length);
        return length;
    }

    private void Forward(ReadOnlySpan<int> ids, bool last, Pass pass)
    {
        _logits = null;
        pass.Workspace.Clear();
        SequenceSpan span = new(0, ids.Length, _tokens.Count, _state);
        try
        {
            pass.Begin(new ReadOnlySpan<SequenceSpan>(in span));
            float* hidden = _model.Forward(pass, ids);
            if (last) _logits = _model.Head.Logits(pass, hidden + (long)(ids.Length - 1) * _model.Info.Hidden, 1);
        }
        catch
        {
            // A half-finished pass leaves positions that are written again, but a recurrent state that is not.
            if (!_state.CanTruncate) Cut(0);
            else _state.Truncate(_tokens.Count);
            throw;
        }

        _tokens.AddRange(ids);
    }
}
