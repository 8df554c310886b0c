namespace Lapwing.Generation.Sampling;

/// <summary>The last <c>capacity</c> ≥ 1 tokens of a text.</summary>
internal sealed class TokenRing(int capacity)
{
    private readonly int[] _tokens = new int[capacity];
    private int _next;

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>The token <paramref name="back"/> places before the last one.</summary>
    public int this[int back]
    {
        get
        {
            int at = _next - 1 - back;
            return _tokens[at < 0 ? at + _tokens.Length : at];
        }
    }

    /// <summary>Appends a token; returns the one that falls out, or −1.</summary>
    public int Push(int token)
    {
        int fallen = Count == _tokens.Length ? _tokens[_next] : -1;
        _tokens[_next] = token;
        if (++_next == _tokens.Length) _next = 0;
        if (fallen < 0) Count++;
        return fallen;
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => (_next, Count) = (0, 0);
}
