using System.Globalization;

namespace Lapwing.Text.Tokenizers;

/// <summary>Escapes and bracketed classes.</summary>
internal sealed partial class PatternParser
{
    private PatternNode Escape()
    {
        if (!More) throw Bad("a backslash at its end");
        int c = _text[_at];
        AnchorKind? anchor = c switch
        {
            'b' => AnchorKind.WordBoundary,
            'B' => AnchorKind.NotWordBoundary,
            'A' or 'G' => AnchorKind.TextStart,
            'z' => AnchorKind.TextEnd,
            'Z' => AnchorKind.TextEndOrFinalNewline,
            _ => null,
        };
        if (anchor is { } kind)
        {
            _at++;
            return new PatternNode.Anchor(kind);
        }
        if (c == 'R')
        {
            _at++;
            return new PatternNode.Atomic(new PatternNode.Choice(
            [
                new PatternNode.Sequence([new PatternNode.Set(CharacterSet.Single('\r')), new PatternNode.Set(CharacterSet.Single('\n'))]),
                new PatternNode.Set(new CharacterSet(x => x is (>= '\n' and <= '\r') or 0x85 or 0x2028 or 0x2029)),
            ]));
        }
        if (c is >= '1' and <= '9' or 'k') throw Unsupported("a back-reference");
        if (c is 'K' or 'X' or 'g') throw Unsupported($"\\{(char)c}");
        CharacterSet? shorthand = Shorthand();
        if (shorthand is not null) return new PatternNode.Set(shorthand);
        return new PatternNode.Set(Cased(CharacterSet.Single(EscapedCharacter())));
    }

    /// <summary>Reads <c>\s</c>, <c>\p{L}</c> and their like (after the backslash); null where a single character is escaped.</summary>
    private CharacterSet? Shorthand()
    {
        int c = _text[_at];
        switch (c)
        {
            case 's': _at++; return CharacterSet.WhiteSpace;
            case 'S': _at++; return CharacterSet.WhiteSpace.Complement();
            case 'd': _at++; return CharacterSet.Digit;
            case 'D': _at++; return CharacterSet.Digit.Complement();
            case 'w': _at++; return CharacterSet.Word;
            case 'W': _at++; return CharacterSet.Word.Complement();
            case 'h': _at++; return CharacterSet.HexDigit;
            case 'H': _at++; return CharacterSet.HexDigit.Complement();
            case 'p' or 'P':
                _at++;
                return Property(c == 'P');
            default: return null;
        }
    }

    private CharacterSet Property(bool negative)
    {
        string name;
        if (Take('{'))
        {
            int start = _at;
            while (More && _text[_at] != '}') _at++;
            name = CodePoints.ToText(_text.AsSpan(start, _at - start));
            if (!Take('}')) throw Bad("a property without its '}'");
        }
        else
        {
            if (!More) throw Bad("a property without its name");
            name = CodePoints.ToText([_text[_at++]]);
        }
        if (name.StartsWith('^'))
        {
            negative = !negative;
            name = name[1..];
        }
        CharacterSet set = UnicodeProperties.Find(name);
        return negative ? set.Complement() : set;
    }

    private int EscapedCharacter()
    {
        int c = _text[_at++];
        switch (c)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 0x1B;
            case '0': return 0;
            case 'x': return Hexadecimal(2);
            case 'u': return Hexadecimal(4);
            case 'U': return Hexadecimal(8);
            default:
                if (c < 0x80 && char.IsAsciiLetter((char)c)) throw Unsupported($"\\{(char)c}");
                return c;
        }
    }

    private int Hexadecimal(int digits)
    {
        int start, length;
        if (Take('{'))
        {
            start = _at;
            while (More && _text[_at] != '}') _at++;
            length = _at - start;
            if (!Take('}')) throw Bad("an escape without its '}'");
        }
        else
        {
            start = _at;
            while (More && _at - start < digits && CharacterSet.HexDigit.Contains(_text[_at])) _at++;
            length = _at - start;
        }
        string text = CodePoints.ToText(_text.AsSpan(start, length));
        if (!int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || value is < 0 or > 0x10FFFF)
            throw Bad("an escape that is no code point");
        return value;
    }

    /// <summary>A class after its <c>[</c>, up to and with its <c>]</c>.</summary>
    private CharacterSet Class()
    {
        if (++_depth > MaximumDepth) throw Bad($"more than {MaximumDepth} nested classes");
        bool negative = Take('^');
        CharacterSet? left = null;
        var members = new List<CharacterSet>();
        bool first = true;
        while (true)
        {
            if (!More) throw Bad("a class without its ']'");
            if (_text[_at] == ']' && !first)
            {
                _at++;
                break;
            }
            first = false;
            if (_text[_at] == '&' && _at + 1 < _text.Length && _text[_at + 1] == '&')
            {
                _at += 2;
                left = Intersect(left, members);
                members = [];
                continue;
            }
            members.Add(Member());
        }
        CharacterSet set = Intersect(left, members);
        // Case must be ignored inside the negation: (?i)[^a] leaves A out too.
        set = Cased(set);
        _depth--;
        return negative ? set.Complement() : set;
    }

    private static CharacterSet Intersect(CharacterSet? left, List<CharacterSet> members)
    {
        CharacterSet right = members.Count == 1 ? members[0] : CharacterSet.Union(members);
        return left is null ? right : new CharacterSet(c => left.Contains(c) && right.Contains(c));
    }

    private CharacterSet Member()
    {
        int low = _text[_at++];
        if (low == '[') return Peek(':') && TryPosix() is { } posix ? posix : Class();
        if (low == '\\')
        {
            if (!More) throw Bad("a backslash at its end");
            CharacterSet? shorthand = Shorthand();
            if (shorthand is not null) return shorthand;
            low = Peek('b') ? Backspace() : EscapedCharacter();
        }
        if (!Peek('-') || _at + 1 >= _text.Length || _text[_at + 1] is ']' or '[') return CharacterSet.Single(low);
        _at++;
        int high = _text[_at++];
        if (high == '\\')
        {
            if (!More) throw Bad("a backslash at its end");
            int before = _at;
            if (Shorthand() is { } set)
            {
                // [a-\d] is an a, a hyphen and the digits.
                int start = low;
                return new CharacterSet(c => c == start || c == '-' || set.Contains(c));
            }
            _at = before;
            high = EscapedCharacter();
        }
        if (high < low) throw Bad("a range whose end comes before its start");
        return new CharacterSet(c => c >= low && c <= high);
    }

    private bool Peek(char c) => More && _text[_at] == c;

    private int Backspace()
    {
        _at++;
        return '\b';
    }

    private CharacterSet? TryPosix()
    {
        int end = _at + 1;
        while (end < _text.Length && (_text[end] == '^' || (_text[end] < 0x80 && char.IsAsciiLetter((char)_text[end])))) end++;
        if (end + 1 >= _text.Length || _text[end] != ':' || _text[end + 1] != ']') return null;
        string name = CodePoints.ToText(_text.AsSpan(_at + 1, end - _at - 1));
        _at = end + 2;
        bool negative = name.StartsWith('^');
        CharacterSet set = UnicodeProperties.Find(negative ? name[1..] : name);
        return negative ? set.Complement() : set;
    }
}
