using System.Diagnostics;
using System.Text;
using Lapwing.Generation.Sampling;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Generation;

/// <summary>
/// One answer in the making, token by token: call <see cref="MoveNext"/> until it is false. The tokens depend on model, prompt, options and
/// seed alone, not on threads nor on what the cache held. A newer run on the same session ends this one.
/// </summary>
public sealed class GenerationRun
{
    private readonly GenerationSession _session;
    private readonly Tokenizer _tokenizer;
    private readonly StreamingDecoder _decoder;
    private readonly StringBuilder _decoded = new(256);
    private readonly SamplerChain _chain;
    private readonly StopStrings _stops;
    private readonly int[] _prompt;
    private readonly List<int> _tokens;
    private readonly int _most;
    private readonly TimeSpan _load;
    private readonly int _run;
    private char[] _text = new char[64];
    private int _textLength;
    private long _start, _evaluated, _first, _latest;

    internal GenerationRun(GenerationSession session, Tokenizer tokenizer, SamplerChain chain, GenerationOptions options, int[] prompt, TimeSpan load)
    {
        (_session, _tokenizer, _chain, _prompt, _load) = (session, tokenizer, chain, prompt, load);
        _decoder = tokenizer.CreateDecoder();
        _stops = new StopStrings(options.StopStrings);
        _most = options.MaxTokens ?? int.MaxValue;
        // The token that fills the context is evaluated, and one more is chosen by its logits.
        _tokens = new List<int>(Math.Max(0, Math.Min(_most, session.ContextLength - prompt.Length + 1)));
        session.Reserve(prompt.Length + _tokens.Capacity);
        _run = ++session.Run;
    }

    /// <summary>Text that the last step made sure of; often empty, and valid until the next step.</summary>
    public ReadOnlySpan<char> Text => _text.AsSpan(0, _textLength);

    /// <summary>The ids of the answer so far, without the end-of-generation token.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Why it ended; null before.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>True where it ended because there was no more room.</summary>
    public bool ContextFull { get; private set; }

    /// <summary>The stop string that ended it.</summary>
    public string? StopString => _stops.Matched;

    /// <summary>The end-of-generation token that ended it.</summary>
    public int? EndToken { get; private set; }

    /// <summary>The seed that was used, drawn or given.</summary>
    public long Seed => _chain.Seed;

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => _prompt.Length;

    /// <summary>Tokens of the prompt that were found in the cache.</summary>
    public int CachedTokens { get; private set; }

    /// <summary>What it took so far.</summary>
    public GenerationTimings Timings
    {
        get
        {
            double evaluation = Seconds(_start, _evaluated), answer = Seconds(_first, _latest);
            return new GenerationTimings(
                _load.TotalMilliseconds,
                1000 * Seconds(_start, _first),
                evaluation > 0 ? (_prompt.Length - CachedTokens) / evaluation : 0,
                answer > 0 ? (_tokens.Count + (EndToken is null ? 0 : 1) - 1) / answer : 0);
        }
    }

    /// <summary>
    /// Chooses one token more (the first step evaluates the prompt). False, and nothing done, once <see cref="Finish"/> is set; the step that sets it
    /// may bring text too.
    /// </summary>
    /// <exception cref="ArgumentException">The prompt does not fit.</exception>
    /// <exception cref="InvalidDataException">The model's logits are no numbers.</exception>
    /// <exception cref="InvalidOperationException">A newer run uses the session.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a further call goes on.</exception>
    public bool MoveNext(CancellationToken cancellation = default)
    {
        _textLength = 0;
        if (Finish is not null) return false;
        if (_session.Run != _run) throw new InvalidOperationException("a newer generation uses this session; take another session for a second one");
        cancellation.ThrowIfCancellationRequested();
        if (_evaluated == 0) Evaluate(cancellation);
        else if (_tokens.Count > 0) _session.Append(_tokens[^1]);
        if (_most == 0)
        {
            End(FinishReason.Length);
            return true;
        }

        int token = _chain.Sample(_session.Logits[..Words]);
        _latest = Stopwatch.GetTimestamp();
        if (_first == 0) _first = _latest;
        if (_tokenizer.EndOfGeneration.Contains(token))
        {
            EndToken = token;
            End(FinishReason.Stop);
            return true;
        }

        _chain.Accept(token);
        _tokens.Add(token);
        _decoder.Next(token, _decoded);
        Watch();
        if (_stops.Stopped) Finish = FinishReason.StopString;
        else if (_tokens.Count >= _most) End(FinishReason.Length);
        else if (_prompt.Length + _tokens.Count > _session.ContextLength)
        {
            ContextFull = true;
            End(FinishReason.Length);
        }

        return true;
    }

    // Rows of the head beyond the tokenizer's ids pad the matrix and mean nothing.
    private int Words => Math.Min(_session.Logits.Length, _tokenizer.VocabularySize);

    private void Evaluate(CancellationToken cancellation)
    {
        if (_start == 0) _start = Stopwatch.GetTimestamp();
        CachedTokens = _session.Evaluate(_prompt, cancellation);
        foreach (int token in _prompt)
        {
            if (token < Words) _chain.Accept(token);
        }

        _evaluated = Stopwatch.GetTimestamp();
    }

    // What was held back is shown, unless it completes a stop string.
    private void End(FinishReason reason)
    {
        _decoded.Append(_decoder.Flush());
        Watch();
        Show(_stops.Flush());
        Finish = _stops.Stopped ? FinishReason.StopString : reason;
    }

    private void Watch()
    {
        foreach (ReadOnlyMemory<char> chunk in _decoded.GetChunks()) Show(_stops.Push(chunk.Span));
        _decoded.Clear();
    }

    private void Show(ReadOnlySpan<char> text)
    {
        if (_text.Length < _textLength + text.Length) Array.Resize(ref _text, Math.Max(2 * _text.Length, _textLength + text.Length));
        text.CopyTo(_text.AsSpan(_textLength));
        _textLength += text.Length;
    }

    private static double Seconds(long from, long to) => from == 0 || to == 0 ? 0 : Stopwatch.GetElapsedTime(from, to).TotalSeconds;
}
