namespace Lapwing.Text.Tokenizers;

/// <summary>A compiled regular expression over code points. Safe for use by many threads.</summary>
internal sealed class Pattern
{
    private readonly PatternStep[] _steps;
    private readonly int _registers;
    private readonly CharacterSet? _first;

    /// <exception cref="InvalidDataException">Not a well-formed pattern.</exception>
    /// <exception cref="NotSupportedException">A construct that is not understood here.</exception>
    internal Pattern(string source)
    {
        Source = source;
        PatternNode node = PatternParser.Parse(source);
        (_steps, _registers) = PatternCompiler.Compile(node, source);
        _first = First(node);
    }

    internal string Source { get; }

    /// <summary>
    /// Calls <paramref name="found"/> with start and end of each match in <paramref name="text"/>, left to right. A match of nothing right behind the
    /// one before is left out, as Oniguruma's and Rust's iterators do.
    /// </summary>
    internal void Matches(ReadOnlySpan<int> text, ref PatternMatcher matcher, List<(int Start, int End)> found)
    {
        int at = 0, last = -1;
        while (at <= text.Length)
        {
            int end = -1;
            if (_first is null || (at < text.Length && _first.Contains(text[at]))) end = matcher.Match(_steps, _registers, text, at, Source);
            if (end < 0 || (end == at && at == last))
            {
                at++;
                continue;
            }
            found.Add((at, end));
            last = end;
            at = end == at ? at + 1 : end;
        }
    }

    /// <summary>The end of the match that starts at <paramref name="at"/>, or −1.</summary>
    internal int MatchAt(ReadOnlySpan<int> text, int at)
    {
        var matcher = new PatternMatcher();
        return matcher.Match(_steps, _registers, text, at, Source);
    }

    /// <summary>The code points a match can begin with; null where it can be empty or the answer is not worth having.</summary>
    private static CharacterSet? First(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set set: return set.Characters;
            case PatternNode.Atomic atomic: return First(atomic.Body);
            case PatternNode.Repeat { Minimum: > 0 } repeat: return First(repeat.Body);
            case PatternNode.Choice choice:
                var sets = new List<CharacterSet>();
                foreach (PatternNode option in choice.Options)
                {
                    if (First(option) is not { } set) return null;
                    sets.Add(set);
                }
                return CharacterSet.Union(sets);
            case PatternNode.Sequence sequence:
                var union = new List<CharacterSet>();
                foreach (PatternNode part in sequence.Parts)
                {
                    if (part is PatternNode.Anchor or PatternNode.Look) continue;
                    if (part is PatternNode.Repeat { Minimum: 0, Body: PatternNode.Set optional })
                    {
                        union.Add(optional.Characters);
                        continue;
                    }
                    if (First(part) is not { } begin) return null;
                    union.Add(begin);
                    return CharacterSet.Union(union);
                }
                return null;
            default: return null;
        }
    }
}
