using System.Buffers;

namespace Lapwing.Text.Tokenizers;

/// <summary>A token that is recognised by its spelling before the model sees the text.</summary>
/// <param name="Text">The spelling searched for.</param>
/// <param name="Id">Its id.</param>
/// <param name="StripLeft">White space before it belongs to it.</param>
/// <param name="StripRight">White space behind it belongs to it.</param>
/// <param name="SingleWord">Only where no letter or digit touches it.</param>
internal readonly record struct AddedToken(string Text, int Id, bool StripLeft = false, bool StripRight = false, bool SingleWord = false);

/// <summary>Finds added tokens in a text: leftmost first, longest among those that begin together.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<long, int> _steps = [];
    private readonly List<int> _entries = [-1];
    private readonly List<AddedToken> _tokens = [];
    private readonly SearchValues<char> _first;

    internal AddedTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (AddedToken token in tokens)
        {
            if (token.Text.Length == 0) continue;
            int node = 0;
            foreach (char c in token.Text)
            {
                long key = ((long)node << 16) | c;
                if (!_steps.TryGetValue(key, out int next))
                {
                    next = _entries.Count;
                    _steps.Add(key, next);
                    _entries.Add(-1);
                }
                node = next;
            }
            if (_entries[node] >= 0) continue;
            _entries[node] = _tokens.Count;
            _tokens.Add(token);
        }
        _first = SearchValues.Create([.. _tokens.Select(t => t.Text[0]).Distinct()]);
    }

    /// <summary>Cuts <paramref name="text"/> into stretches (id −1) and tokens, in order; empty stretches are left out.</summary>
    internal void Cut(string text, List<(int Id, int Start, int End)> parts)
    {
        int written = 0, at = 0;
        while (at < text.Length && _tokens.Count > 0)
        {
            int skip = text.AsSpan(at).IndexOfAny(_first);
            if (skip < 0) break;
            at += skip;
            int entry = Longest(text.AsSpan(at));
            if (entry < 0)
            {
                at++;
                continue;
            }
            AddedToken token = _tokens[entry];
            int start = at, end = at + token.Text.Length;
            at = end;
            if (start < written || (token.SingleWord && (IsWordBefore(text, start) || IsWordAt(text, end)))) continue;
            if (token.StripLeft)
                while (start > written && char.IsWhiteSpace(text[start - 1])) start--;
            if (token.StripRight)
                while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            if (start > written) parts.Add((-1, written, start));
            parts.Add((token.Id, start, end));
            written = end;
        }
        if (written < text.Length) parts.Add((-1, written, text.Length));
    }

    private int Longest(ReadOnlySpan<char> text)
    {
        int node = 0, best = -1;
        foreach (char c in text)
        {
            if (!_steps.TryGetValue(((long)node << 16) | c, out node)) break;
            if (_entries[node] >= 0) best = _entries[node];
        }
        return best;
    }

    private static bool IsWordBefore(string text, int at)
        => at > 0 && CodePoints.IsWord(char.IsLowSurrogate(text[at - 1]) && at > 1 ? char.ConvertToUtf32(text[at - 2], text[at - 1]) : text[at - 1]);

    private static bool IsWordAt(string text, int at)
        => at < text.Length && CodePoints.IsWord(char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at]);
}
