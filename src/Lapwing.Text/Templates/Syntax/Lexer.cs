using System.Globalization;
using System.Numerics;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

/// <summary>
/// Template text to tokens, with trim_blocks and lstrip_blocks on and one trailing newline dropped, as Transformers sets Jinja up.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _counted;

    // The text before a tag may be stripped back to the line start only where that line began in the template, not after a tag on it.
    private bool _lineStarting = true;

    private Lexer(string source) => _source = source;

    public static List<Token> Tokenize(string source)
    {
        string normal = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (normal.EndsWith('\n')) normal = normal[..^1];
        var lexer = new Lexer(normal);
        lexer.Root();
        lexer.Add(TokenKind.Eof, "", normal.Length);
        return lexer._tokens;
    }

    private void Root()
    {
        while (_position < _source.Length)
        {
            int tag = NextTag(_position);
            if (tag < 0)
            {
                AddData(_source[_position..], _position);
                return;
            }
            if (MatchRaw(tag, "raw", trimNewline: false, out int afterRaw, out char rawSign))
            {
                AddText(_position, tag, rawSign, isVariable: false);
                Advance(afterRaw);
                RawBody(tag);
                continue;
            }
            char kind = _source[tag + 1];
            char sign = tag + 2 < _source.Length && _source[tag + 2] is '-' or '+' ? _source[tag + 2] : '\0';
            AddText(_position, tag, sign, isVariable: kind == '{');
            Advance(tag + (sign == '\0' ? 2 : 3));
            if (kind == '#')
            {
                Comment(tag);
            }
            else
            {
                Add(kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, _source.Substring(tag, 2), tag);
                Code(isBlock: kind == '%');
            }
        }
    }

    private int NextTag(int from)
    {
        for (int at = from; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
        {
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }
        return -1;
    }

    private void AddText(int start, int end, char sign, bool isVariable)
    {
        int stop = end;
        if (sign == '-')
        {
            while (stop > start && Characters.IsSpace(_source[stop - 1])) stop--;
        }
        else if (sign != '+' && !isVariable)
        {
            int lineStart = end > start ? _source.LastIndexOf('\n', end - 1, end - start) + 1 : 0;
            bool wholeLine = lineStart > 0;
            if (!wholeLine) lineStart = start;
            if (wholeLine || _lineStarting)
            {
                int at = lineStart;
                while (at < end && Characters.IsSpace(_source[at])) at++;
                if (at == end) stop = lineStart;
            }
        }
        AddData(_source[start..stop], start);
    }

    private void Comment(int opened)
    {
        int close = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (close < 0) throw Fail("missing end of comment tag", opened);
        char sign = close > _position ? _source[close - 1] : '\0';
        Advance(AfterClose(close + 2, sign));
    }

    private void RawBody(int opened)
    {
        for (int at = _position; (at = _source.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            if (!MatchRaw(at, "endraw", trimNewline: true, out int after, out char sign)) continue;
            AddText(_position, at, sign, isVariable: false);
            Advance(after);
            return;
        }
        throw Fail("missing end of raw directive", opened);
    }

    private bool MatchRaw(int at, string word, bool trimNewline, out int after, out char sign)
    {
        after = 0;
        sign = '\0';
        if (string.CompareOrdinal(_source, at, "{%", 0, 2) != 0) return false;
        int p = at + 2;
        if (p < _source.Length && _source[p] is '-' or '+') sign = _source[p++];
        p = SkipSpace(p);
        if (string.CompareOrdinal(_source, p, word, 0, word.Length) != 0) return false;
        p = SkipSpace(p + word.Length);
        char closeSign = p < _source.Length && (_source[p] == '-' || (trimNewline && _source[p] == '+')) ? _source[p++] : '\0';
        if (string.CompareOrdinal(_source, p, "%}", 0, 2) != 0) return false;
        after = trimNewline || closeSign == '-' ? AfterClose(p + 2, closeSign) : p + 2;
        return true;
    }

    // What a closing tag swallows behind it: all space after "-", nothing after "+", else one newline (trim_blocks).
    private int AfterClose(int after, char sign)
    {
        if (sign == '-') return SkipSpace(after);
        return sign != '+' && after < _source.Length && _source[after] == '\n' ? after + 1 : after;
    }

    private int SkipSpace(int at)
    {
        while (at < _source.Length && Characters.IsSpace(_source[at])) at++;
        return at;
    }

    private void Code(bool isBlock)
    {
        var open = new Stack<char>();
        while (_position < _source.Length)
        {
            if (open.Count == 0 && TryClose(isBlock)) return;
            char c = _source[_position];
            if (Characters.IsSpace(c)) Advance(_position + 1);
            else if (c is >= '0' and <= '9') Number();
            else if (Characters.IsWord(_source, _position)) Name();
            else if (c is '\'' or '"') String(c);
            else Operator(open);
        }
    }

    private bool TryClose(bool isBlock)
    {
        int p = _position;
        char sign = '\0';
        if (_source[p] == '-' || (isBlock && _source[p] == '+')) sign = _source[p++];
        string close = isBlock ? "%}" : "}}";
        if (string.CompareOrdinal(_source, p, close, 0, 2) != 0) return false;
        Add(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, close, p);
        Advance(isBlock || sign == '-' ? AfterClose(p + 2, sign) : p + 2);
        return true;
    }

    private void Name()
    {
        int end = _position;
        while (end < _source.Length && Characters.IsWord(_source, end)) end += char.IsHighSurrogate(_source[end]) ? 2 : 1;
        Add(TokenKind.Name, _source[_position..end], _position);
        Advance(end);
    }

    private void String(char quote)
    {
        int end = _position + 1;
        while (end < _source.Length && _source[end] != quote) end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length) throw Fail($"unexpected char {quote}: the string is not closed", _position);
        string body = _source[(_position + 1)..end];
        try
        {
            Add(TokenKind.String, StringLiteral.Unescape(body), _position);
        }
        catch (FormatException e)
        {
            throw Fail(e.Message, _position);
        }
        Advance(end + 1);
    }

    private void Number()
    {
        int start = _position;
        bool afterDot = start > 0 && _source[start - 1] == '.';
        int end = Digits(start);
        if (!afterDot)
        {
            int stop = FloatEnd(end);
            if (stop > end)
            {
                string text = _source[start..stop].Replace("_", "", StringComparison.Ordinal);
                Add(TokenKind.Number, text, start, double.Parse(text, CultureInfo.InvariantCulture));
                Advance(stop);
                return;
            }
        }
        int radix = end - start == 1 && _source[start] == '0' && end < _source.Length
            ? char.ToLowerInvariant(_source[end]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix != 10 && (end = RadixEnd(start + 2, radix)) > start + 2)
        {
            BigInteger big = BigInteger.Zero;
            foreach (char c in _source[(start + 2)..end])
            {
                if (c != '_') big = (big * radix) + Convert.ToInt32(c.ToString(), 16);
            }
            Add(TokenKind.Number, _source[start..end], start, Numbers.Normalize(big));
            Advance(end);
            return;
        }
        // "007" is not a number of Python's: a run of zeros ends where another digit begins.
        end = start + 1;
        bool zeros = _source[start] == '0';
        while (end < _source.Length && DigitAt(end + (_source[end] == '_' ? 1 : 0), zeros)) end += _source[end] == '_' ? 2 : 1;
        string digits = _source[start..end].Replace("_", "", StringComparison.Ordinal);
        Add(TokenKind.Number, digits, start, Numbers.Normalize(BigInteger.Parse(digits, CultureInfo.InvariantCulture)));
        Advance(end);
    }

    private bool DigitAt(int at, bool zeroOnly) => at < _source.Length && (zeroOnly ? _source[at] == '0' : _source[at] is >= '0' and <= '9');

    private int Digits(int at)
    {
        while (DigitAt(at, false) || (at < _source.Length && _source[at] == '_' && DigitAt(at + 1, false))) at++;
        return at;
    }

    private int FloatEnd(int afterDigits)
    {
        int end = afterDigits;
        if (end < _source.Length && _source[end] == '.' && DigitAt(end + 1, false)) end = Digits(end + 1);
        if (end < _source.Length && _source[end] is 'e' or 'E')
        {
            int p = end + 1;
            if (p < _source.Length && _source[p] is '+' or '-') p++;
            if (DigitAt(p, false)) return Digits(p);
        }
        return end;
    }

    private int RadixEnd(int at, int radix)
    {
        while (at < _source.Length)
        {
            int p = _source[at] == '_' ? at + 1 : at;
            if (p >= _source.Length || !char.IsAsciiHexDigit(_source[p]) || Convert.ToInt32(_source[p].ToString(), 16) >= radix) break;
            at = p + 1;
        }
        return at;
    }

    private void Operator(Stack<char> open)
    {
        char c = _source[_position];
        string two = _position + 1 < _source.Length ? _source.Substring(_position, 2) : "";
        TokenKind? kind = two switch
        {
            "//" => TokenKind.FloorDiv, "**" => TokenKind.Pow, "==" => TokenKind.Eq, "!=" => TokenKind.Ne, ">=" => TokenKind.GtEq, "<=" => TokenKind.LtEq, _ => null,
        };
        if (kind is { } pair)
        {
            Add(pair, two, _position);
            Advance(_position + 2);
            return;
        }
        kind = c switch
        {
            '+' => TokenKind.Add, '-' => TokenKind.Sub, '*' => TokenKind.Mul, '/' => TokenKind.Div, '%' => TokenKind.Mod, '~' => TokenKind.Tilde,
            '>' => TokenKind.Gt, '<' => TokenKind.Lt, '=' => TokenKind.Assign, '.' => TokenKind.Dot, ':' => TokenKind.Colon, '|' => TokenKind.Pipe,
            ',' => TokenKind.Comma, ';' => TokenKind.Semicolon, '(' => TokenKind.LParen, ')' => TokenKind.RParen, '[' => TokenKind.LBracket,
            ']' => TokenKind.RBracket, '{' => TokenKind.LBrace, '}' => TokenKind.RBrace, _ => null,
        };
        if (kind is not { } single) throw Fail($"unexpected char {Repr.Quote(c.ToString())}", _position);
        if (c is '(' or '[' or '{') open.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        if (c is ')' or ']' or '}')
        {
            if (open.Count == 0) throw Fail($"unexpected '{c}'", _position);
            char expected = open.Pop();
            if (expected != c) throw Fail($"unexpected '{c}', expected '{expected}'", _position);
        }
        Add(single, c.ToString(), _position);
        Advance(_position + 1);
    }

    private void AddData(string text, int at)
    {
        if (text.Length > 0) Add(TokenKind.Data, text, at);
    }

    private void Add(TokenKind kind, string text, int at, object? value = null) => _tokens.Add(new Token(kind, text, LineOf(at), value));

    private void Advance(int position)
    {
        _lineStarting = position > 0 && _source[position - 1] == '\n';
        _position = position;
    }

    private int LineOf(int at)
    {
        if (at < _counted) return _line - _source.AsSpan(at, _counted - at).Count('\n');
        _line += _source.AsSpan(_counted, at - _counted).Count('\n');
        _counted = at;
        return _line;
    }

    private JinjaError Fail(string message, int at) => new(ErrorKind.TemplateSyntaxError, message) { Line = LineOf(at) };
}
