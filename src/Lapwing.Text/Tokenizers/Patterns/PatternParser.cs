namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Parses the regular expressions of published tokenizers: the syntax of Oniguruma (as its Ruby mode has it), which Hugging Face's tokenizers use:
/// classes with nesting and intersection, Unicode properties, possessive and lazy repetition, atomic groups, look-around, inline flags.
/// </summary>
internal sealed partial class PatternParser
{
    // Patterns in the wild nest 5 deep; the bound keeps a hostile tokenizer.json off the stack.
    private const int MaximumDepth = 64;
    private const int MaximumRepeat = 100_000;

    private readonly int[] _text;
    private readonly string _source;
    private int _at, _depth;
    private bool _ignoreCase, _dotAll, _extended;

    private PatternParser(string source)
    {
        _source = source;
        _text = CodePoints.From(source);
    }

    /// <exception cref="InvalidDataException">Not a well-formed pattern.</exception>
    /// <exception cref="NotSupportedException">A construct that is not understood here.</exception>
    internal static PatternNode Parse(string source)
    {
        var parser = new PatternParser(source);
        PatternNode node = parser.Choice();
        if (parser._at < parser._text.Length) throw parser.Bad("an unmatched ')'");
        return node;
    }

    private bool More => _at < _text.Length;

    private PatternNode Choice()
    {
        if (++_depth > MaximumDepth) throw Bad($"more than {MaximumDepth} nested groups");
        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        var options = new List<PatternNode> { Sequence() };
        while (Take('|')) options.Add(Sequence());
        (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
        _depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    private PatternNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (More && _text[_at] != '|' && _text[_at] != ')')
        {
            if (_extended && SkipExtended()) continue;
            PatternNode atom = Atom();
            atom = Quantified(atom);
            if (atom is not PatternNode.Empty) parts.Add(atom);
        }
        return parts.Count switch { 0 => new PatternNode.Empty(), 1 => parts[0], _ => new PatternNode.Sequence(parts) };
    }

    private bool SkipExtended()
    {
        if (CodePoints.IsWhiteSpace(_text[_at]))
        {
            _at++;
            return true;
        }
        if (_text[_at] != '#') return false;
        while (More && _text[_at] != '\n') _at++;
        return true;
    }

    private PatternNode Quantified(PatternNode atom)
    {
        for (int stacked = 0; More; stacked++)
        {
            int minimum, maximum;
            bool braces = false;
            if (Take('*')) (minimum, maximum) = (0, int.MaxValue);
            else if (Take('+')) (minimum, maximum) = (1, int.MaxValue);
            else if (Take('?')) (minimum, maximum) = (0, 1);
            else if (_text[_at] == '{' && TryBraces(out minimum, out maximum)) braces = true;
            else break;
            RepeatMode mode = RepeatMode.Greedy;
            if (Take('?')) mode = RepeatMode.Lazy;
            // In this syntax a{1,3}+ repeats the repetition; only *+, ++ and ?+ are possessive.
            else if (!braces && Take('+')) mode = RepeatMode.Possessive;
            if (stacked == 8) throw Bad("more than 8 quantifiers on end");
            if (atom is PatternNode.Empty or PatternNode.Anchor or PatternNode.Look) continue;
            atom = new PatternNode.Repeat(atom, minimum, maximum, mode);
        }
        return atom;
    }

    private bool TryBraces(out int minimum, out int maximum)
    {
        int start = _at++;
        int? low = Number();
        int? high = low;
        if (Take(',')) high = Number() ?? int.MaxValue;
        if (!Take('}') || (low is null && (high is null or int.MaxValue)))
        {
            _at = start;
            (minimum, maximum) = (0, 0);
            return false;
        }
        (minimum, maximum) = (low ?? 0, high ?? int.MaxValue);
        if (minimum > maximum) (minimum, maximum) = (maximum, minimum);
        return true;
    }

    private int? Number()
    {
        int start = _at;
        long value = 0;
        while (More && _text[_at] is >= '0' and <= '9')
        {
            value = value * 10 + _text[_at++] - '0';
            if (value > MaximumRepeat) throw Bad($"a repetition beyond {MaximumRepeat}");
        }
        return _at == start ? null : (int)value;
    }

    private PatternNode Atom()
    {
        int c = _text[_at++];
        switch (c)
        {
            case '(': return Group();
            case '[': return new PatternNode.Set(Cased(Class()));
            case '.': return new PatternNode.Set(_dotAll ? CharacterSet.Any : CharacterSet.NotNewline);
            case '^': return new PatternNode.Anchor(AnchorKind.LineStart);
            case '$': return new PatternNode.Anchor(AnchorKind.LineEnd);
            case '\\': return Escape();
            case '*' or '+' or '?': throw Bad("a quantifier with nothing before it");
            default: return new PatternNode.Set(Cased(CharacterSet.Single(c)));
        }
    }

    private CharacterSet Cased(CharacterSet set) => _ignoreCase ? set.IgnoringCase() : set;

    private PatternNode Group()
    {
        if (!Take('?')) return Close(Choice());
        if (Take(':')) return Close(Choice());
        if (Take('=')) return new PatternNode.Look(Close(Choice()), Behind: false, Negative: false);
        if (Take('!')) return new PatternNode.Look(Close(Choice()), Behind: false, Negative: true);
        if (Take('>')) return new PatternNode.Atomic(Close(Choice()));
        if (Take('#'))
        {
            while (More && _text[_at] != ')') _at++;
            return Close(new PatternNode.Empty());
        }
        bool named = Take('P');
        if (Take('<'))
        {
            if (!named && Take('=')) return new PatternNode.Look(Close(Choice()), Behind: true, Negative: false);
            if (!named && Take('!')) return new PatternNode.Look(Close(Choice()), Behind: true, Negative: true);
            while (More && _text[_at] != '>') _at++;
            if (!Take('>')) throw Bad("a group name without its end");
            return Close(Choice());
        }
        return Flags();
    }

    private PatternNode Flags()
    {
        (bool ignoreCase, bool dotAll, bool extended) = (_ignoreCase, _dotAll, _extended);
        bool on = true;
        while (More)
        {
            switch (_text[_at++])
            {
                case '-': on = false; break;
                case 'i': _ignoreCase = on; break;
                // Ruby's m is what others call s: the dot matches a newline; ^ and $ always look at lines.
                case 'm' or 's': _dotAll = on; break;
                case 'x': _extended = on; break;
                case 'u' or 'a' or 'U': break;
                case ')':
                    // (?i) holds to the end of the enclosing group, whose end restores the flags.
                    PatternNode rest = ChoiceKeepingFlags();
                    return rest;
                case ':':
                    PatternNode body = Close(Choice());
                    (_ignoreCase, _dotAll, _extended) = (ignoreCase, dotAll, extended);
                    return body;
                default: throw Bad("a group of an unknown kind");
            }
        }
        throw Bad("a group without its end");
    }

    /// <summary>What follows <c>(?i)</c> up to the end of the enclosing group, alternatives included: <c>a(?i)b|c</c> is <c>a(?i:b|c)</c>.</summary>
    private PatternNode ChoiceKeepingFlags()
    {
        if (++_depth > MaximumDepth) throw Bad($"more than {MaximumDepth} nested groups");
        var options = new List<PatternNode> { Sequence() };
        while (Take('|')) options.Add(Sequence());
        _depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    private PatternNode Close(PatternNode node)
    {
        if (!Take(')')) throw Bad("a group without its end");
        return node;
    }

    private bool Take(char c)
    {
        if (!More || _text[_at] != c) return false;
        _at++;
        return true;
    }

    private InvalidDataException Bad(string what) => new($"The pattern '{Shorten(_source)}' has {what} at character {_at}.");

    private NotSupportedException Unsupported(string what) => new($"The pattern '{Shorten(_source)}' uses {what}, which is not supported.");

    internal static string Shorten(string text) => Vocabulary.Show(text, 117);
}
