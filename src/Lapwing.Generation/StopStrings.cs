namespace Lapwing.Generation;

/// <summary>
/// Watches a stream of text for stop strings. Text that may be the beginning of one is held back until it is clear, so no part of a stop
/// string is ever shown. Of several, the one that is complete first stops the stream (of those, the longest), however the text was cut into pieces.
/// </summary>
/// <remarks>
/// An Aho–Corasick automaton over UTF-16 units: its depth is how much must be held back, and the work per unit does not grow with the number of stop
/// strings. A high surrogate is never given out without its low one. Nothing is allocated per piece once the buffer has grown.
/// </remarks>
public sealed class StopStrings
{
    private readonly Dictionary<long, int> _next = []; // state · 65,536 + unit → state
    private readonly List<int> _fallback = [0];
    private readonly List<int> _depth = [0];
    private readonly List<string?> _match = [null]; // the longest stop string that ends in a state
    private char[] _text = new char[256];
    private int _shown; // units at the front of the buffer that the last call returned
    private int _held; // units after them, not shown yet
    private int _state;

    /// <summary>A watch for <paramref name="stops"/>; none is allowed and lets all text pass.</summary>
    /// <exception cref="ArgumentException">A stop string is empty or holds half a surrogate pair.</exception>
    public StopStrings(IEnumerable<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        foreach (string stop in stops) Add(stop);
        Connect();
    }

    /// <summary>True once a stop string was complete; from then on all text is swallowed.</summary>
    public bool Stopped => Matched is not null;

    /// <summary>The stop string that was found.</summary>
    public string? Matched { get; private set; }

    /// <summary>Takes the next piece and returns what may be shown now. The span is valid until the next call.</summary>
    public ReadOnlySpan<char> Push(ReadOnlySpan<char> piece)
    {
        if (Stopped) return [];
        DropShown();
        int length = _held;
        if (_text.Length < length + piece.Length) Array.Resize(ref _text, Math.Max(2 * _text.Length, length + piece.Length));
        foreach (char unit in piece)
        {
            _text[length++] = unit;
            _state = Step(_state, unit);
            if (_match[_state] is not { } match) continue;
            Matched = match;
            return Show(length - match.Length, length - match.Length);
        }

        int shown = length - _depth[_state];
        if (shown > 0 && char.IsHighSurrogate(_text[shown - 1])) shown--;
        return Show(shown, length);
    }

    /// <summary>At the end of the stream: what was held back. The span is valid until the next call.</summary>
    public ReadOnlySpan<char> Flush()
    {
        if (Stopped) return [];
        DropShown();
        _state = 0;
        return Show(_held, _held);
    }

    /// <summary>Ready for another stream.</summary>
    public void Reset() => (_held, _shown, _state, Matched) = (0, 0, 0, null);

    private ReadOnlySpan<char> Show(int count, int length)
    {
        (_shown, _held) = (count, length - count);
        return _text.AsSpan(0, count);
    }

    private void DropShown()
    {
        if (_shown > 0) _text.AsSpan(_shown, _held).CopyTo(_text);
        _shown = 0;
    }

    private static long Key(int state, char unit) => ((long)state << 16) | unit;

    private int Step(int state, char unit)
    {
        int next;
        while (!_next.TryGetValue(Key(state, unit), out next))
        {
            if (state == 0) return 0;
            state = _fallback[state];
        }

        return next;
    }

    private void Add(string stop)
    {
        if (string.IsNullOrEmpty(stop)) throw new ArgumentException("a stop string is empty; give at least one character or leave it out");
        for (int i = 0; i < stop.Length; i++)
        {
            if (char.IsHighSurrogate(stop[i]) && i + 1 < stop.Length && char.IsLowSurrogate(stop[i + 1])) i++;
            else if (char.IsSurrogate(stop[i])) throw new ArgumentException($"a stop string holds half a surrogate pair at unit {i}; give whole characters");
        }

        int state = 0;
        foreach (char unit in stop)
        {
            if (!_next.TryGetValue(Key(state, unit), out int next))
            {
                next = _depth.Count;
                _next.Add(Key(state, unit), next);
                _depth.Add(_depth[state] + 1);
                _fallback.Add(0);
                _match.Add(null);
            }

            state = next;
        }

        _match[state] = stop;
    }

    // Fallbacks by breadth, so that a shorter state's is known before a longer one needs it.
    private void Connect()
    {
        foreach ((long key, int state) in _next.OrderBy(e => _depth[e.Value]).ToArray())
        {
            int parent = (int)(key >> 16);
            _fallback[state] = parent == 0 ? 0 : Step(_fallback[parent], (char)key);
            _match[state] ??= _match[_fallback[state]];
        }
    }
}
