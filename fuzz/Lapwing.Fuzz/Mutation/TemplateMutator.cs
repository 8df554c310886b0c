using System.Text;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Changes a Jinja template by its tags and by the words within them, so that most results parse and run.</summary>
internal static class TemplateMutator
{
    private static readonly string[] Filters =
    [
        "abs", "attr('a')", "batch(2)", "batch(3, 0)", "capitalize", "center(20)", "count", "default('x')", "default('', true)", "dictsort", "dictsort(by='value')", "escape", "filesizeformat", "first", "float",
        "forceescape", "format(1, 'a')", "groupby('role')", "indent", "indent(2, true)", "int", "int(0, 16)", "items", "join(', ')", "join(',', attribute='role')", "last", "length", "list", "lower", "map('upper')",
        "map(attribute='content')", "max", "min(attribute='role')", "pprint", "reject('none')", "rejectattr('content')", "replace('a', 'aa')", "replace('', 'x')", "reverse", "round", "round(3, 'ceil')", "safe",
        "select('string')", "selectattr('role', 'equalto', 'user')", "slice(3)", "sort", "sort(attribute='role,content')", "string", "striptags", "sum", "sum(start=1)", "title", "tojson", "tojson(indent=2)", "trim",
        "trim('x')", "truncate(5)", "truncate(9, true, '', 0)", "unique", "upper", "urlencode", "urlize", "wordcount", "wordwrap(5)", "wordwrap(3, false)", "xmlattr", "tojson(separators=(',', ':'), sort_keys=true)",
    ];

    private static readonly string[] Methods =
    [
        "split('a')", "split()", "rsplit(' ', 1)", "splitlines(true)", "strip()", "lstrip('S')", "rstrip('\\n')", "upper()", "title()", "swapcase()", "casefold()", "capitalize()", "startswith('a')", "endswith(('a', 'b'))",
        "replace('a', 'b', 1)", "find('a')", "rindex('a')", "count('')", "join(['a', 'b'])", "format(1, x=2)", "items()", "keys()", "values()", "get('a', 1)", "copy()", "index(1)", "encode()", "zfill(9)", "ljust(9, '*')",
        "expandtabs(4)", "partition('a')", "isdigit()", "isalpha()", "isidentifier()", "bit_length()", "is_integer()", "as_integer_ratio()", "hex()", "translate({})", "append(1)", "update(a=1)", "__class__", "cycle(1, 2)",
        "changed(1)", "content", "role", "function.name", "first", "last", "index0", "previtem", "nextitem", "depth", "length", "grouper", "x",
    ];

    private static readonly string[] Values =
    [
        "0", "-1", "1", "2.5", "1e308", "-0.0", "9223372036854775808", "10 ** 30", "1_000", "none", "true", "''", "'a'", "'a' * 1000", "'\\ud800'", "'\\U0001F600é'", "' \\n\\t '", "[]", "{}", "()", "(1,)", "[1, 2, 3]", "[[1], [2]]",
        "{'a': 1, 'b': none}", "range(5)", "range(100000)", "range(9, 0, -3)", "messages", "tools", "messages[0]", "messages[-1].content", "loop", "loop.index", "self", "namespace(x=1)", "ns", "dict(a=1)", "joiner(',')", "cycler('a', 'b')",
        "lipsum", "undefined_name", "caller", "caller()", "varargs", "kwargs", "raise_exception('no')", "strftime_now('%Y-%m-%d %H:%M:%S %j %a %B %p')", "s", "u", "n", "f", "d", "ld", "nest", "mixed", "big", "ml", "html", "fl",
        "messages[::-1]", "messages[1:]", "s[::2]", "s[-100:100]", "(1 if t else 2)", "x", "i", "not x", "bos_token", "lambda", "'%s' % s", "'{0!r:>10}'.format(s)", "'%(a)5.2f' % d",
    ];

    private static readonly string[] Operators =
        ["+", "-", "*", "/", "//", "%", "**", "~", "|", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in", "is", "is not", ".", ",", ":", "(", ")", "[", "]", "{", "}", "if", "else", "="];

    private static readonly string[] Tests =
        ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean", "odd", "even", "divisibleby(3)", "sameas(none)", "eq(1)", "gt(0)", "in([1])", "lower", "upper", "callable", "filter", "test", "escaped"];

    private static readonly (string Open, string Close)[] Blocks =
    [
        ("{% for i in range(3) %}", "{% endfor %}"), ("{% for i in messages recursive %}", "{{ loop([i]) if loop.depth < 4 }}{% endfor %}"), ("{% for k, v in d.items() if v %}", "{% else %}-{% endfor %}"),
        ("{% for i in range(1000) %}", "{% endfor %}"), ("{% if messages %}", "{% elif x %}y{% else %}z{% endif %}"), ("{% set x %}", "{% endset %}"), ("{% set x | upper %}", "{% endset %}"), ("{% filter upper %}", "{% endfilter %}"),
        ("{% macro m(a, b=2) %}", "{{ a }}{{ varargs }}{% endmacro %}{{ m(1) }}"), ("{% call m() %}", "{% endcall %}"), ("{% call(y) m(1) %}", "{% endcall %}"), ("{% with x = 1, y = x %}", "{% endwith %}"), ("{% block b %}", "{% endblock %}"),
        ("{% generation %}", "{% endgeneration %}"), ("{% autoescape true %}", "{% endautoescape %}"), ("{% raw %}", "{% endraw %}"), ("{% set ns = namespace(x=[], n=0) %}", "{% set ns.n = ns.n + 1 %}{{ ns }}"),
        ("{# ", " #}"), ("{%- ", " -%}"), ("{{ ", " }}"), ("{% set ns.x = ns.x + [", "] %}"),
    ];

    /// <summary>One change.</summary>
    public static byte[] Change(byte[] input, Mutator mutator)
    {
        var random = mutator.Random;
        if (random.Next(12) == 0) return mutator.Bytes(input);
        var pieces = Split(Encoding.UTF8.GetString(input));
        var inner = Enumerable.Range(0, pieces.Count).Where(i => pieces[i].Kind != Kind.Text).ToList();
        if (inner.Count == 0) return Encoding.UTF8.GetBytes(Block(pieces, mutator));
        int at = inner[random.Next(inner.Count)];
        string word = pieces[at].Text;
        switch (random.Next(10))
        {
            case 0 when pieces[at].Kind == Kind.Word:
                pieces[at] = pieces[at] with { Text = mutator.Pick(Values) };
                break;
            case 1 when pieces[at].Kind == Kind.Word:
                pieces[at] = pieces[at] with { Text = $"{word}|{mutator.Pick(Filters)}" };
                break;
            case 2 when pieces[at].Kind == Kind.Word:
                pieces[at] = pieces[at] with { Text = $"{word}.{mutator.Pick(Methods)}" };
                break;
            case 3 when pieces[at].Kind == Kind.Word:
                pieces[at] = pieces[at] with { Text = random.Next(2) == 0 ? $"({word} {mutator.Pick(Operators)} {mutator.Pick(Values)})" : $"({word} is {mutator.Pick(Tests)})" };
                break;
            case 4:
                pieces[at] = pieces[at] with { Text = pieces[at].Kind == Kind.Operator ? mutator.Pick(Operators) : pieces[inner[random.Next(inner.Count)]].Text };
                break;
            case 5:
                pieces.RemoveAt(at);
                break;
            case 6:
                Tag(pieces, mutator);
                break;
            case 7:
                return Encoding.UTF8.GetBytes(Block(pieces, mutator));
            case 8:
                int depth = 1 << random.Next(10);
                var (open, close) = mutator.Pick(((string, string)[])[("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("{'a':", "}"), ("", "|list"), ("", "[0]"), ("", "~x")]);
                pieces[at] = pieces[at] with { Text = Repeat(open, depth) + word + Repeat(close, depth) };
                break;
            default:
                // A tag of another template.
                var theirs = Tags(Split(Encoding.UTF8.GetString(mutator.Other())));
                if (theirs.Count > 0) pieces.Insert(Boundary(pieces, random), new Piece(Kind.Text, mutator.Pick(theirs)));
                break;
        }
        return Encoding.UTF8.GetBytes(string.Concat(pieces.Select(p => p.Text)));
    }

    private enum Kind { Text, Open, Close, Word, Operator }

    private readonly record struct Piece(Kind Kind, string Text);

    // Drops, doubles or moves a whole tag.
    private static void Tag(List<Piece> pieces, Mutator mutator)
    {
        int start = pieces.FindIndex(mutator.Random.Next(pieces.Count), p => p.Kind == Kind.Open), end = start < 0 ? -1 : pieces.FindIndex(start, p => p.Kind == Kind.Close);
        if (end < 0) return;
        var tag = pieces.GetRange(start, end - start + 1);
        if (mutator.Random.Next(3) != 0) pieces.RemoveRange(start, tag.Count);
        if (mutator.Random.Next(2) == 0) pieces.InsertRange(Boundary(pieces, mutator.Random), tag);
    }

    private static string Block(List<Piece> pieces, Mutator mutator)
    {
        var (open, close) = mutator.Pick(Blocks);
        int start = Boundary(pieces, mutator.Random), end = Math.Max(start, Boundary(pieces, mutator.Random));
        return string.Concat(pieces[..start].Select(p => p.Text)) + open + string.Concat(pieces[start..end].Select(p => p.Text)) + close + string.Concat(pieces[end..].Select(p => p.Text));
    }

    // A place between tags.
    private static int Boundary(List<Piece> pieces, Random random)
    {
        int found = pieces.Count == 0 ? -1 : pieces.FindIndex(random.Next(pieces.Count), p => p.Kind is Kind.Open or Kind.Text);
        return found < 0 ? pieces.Count : found;
    }

    private static List<string> Tags(List<Piece> pieces)
    {
        var tags = new List<string>();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != Kind.Open) continue;
            int end = pieces.FindIndex(i, p => p.Kind == Kind.Close);
            if (end < 0) break;
            tags.Add(string.Concat(pieces[i..(end + 1)].Select(p => p.Text)));
        }
        return tags;
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static List<Piece> Split(string text)
    {
        var pieces = new List<Piece>();
        for (int at = 0; at < text.Length;)
        {
            int open = Find(text, at);
            if (open > at) pieces.Add(new Piece(Kind.Text, text[at..open]));
            if (open == text.Length) break;
            at = Inside(text, open, pieces);
        }
        return pieces;
    }

    private static int Find(string text, int at)
    {
        for (; at + 1 < text.Length; at++)
            if (text[at] == '{' && text[at + 1] is '{' or '%') return at;
        return text.Length;
    }

    private static int Inside(string text, int open, List<Piece> pieces)
    {
        string close = text[open + 1] == '{' ? "}}" : "%}";
        int at = open + 2;
        if (at < text.Length && text[at] is '-' or '+') at++;
        pieces.Add(new Piece(Kind.Open, text[open..at]));
        while (at < text.Length)
        {
            int start = at;
            if (string.CompareOrdinal(text, at, close, 0, 2) == 0 || (text[at] is '-' or '+' && string.CompareOrdinal(text, at + 1, close, 0, 2) == 0))
            {
                at += text[at] is '-' or '+' ? 3 : 2;
                pieces.Add(new Piece(Kind.Close, text[start..at]));
                return at;
            }
            char first = text[at++];
            if (first is '\'' or '"')
            {
                while (at < text.Length && text[at] != first) at += text[at] == '\\' ? 2 : 1;
                at = Math.Min(text.Length, at + 1);
            }
            else if (char.IsLetterOrDigit(first) || first == '_')
            {
                while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_')) at++;
            }
            else if (char.IsWhiteSpace(first))
            {
                pieces.Add(new Piece(Kind.Text, text[start..at]));
                continue;
            }
            pieces.Add(new Piece(first is '\'' or '"' or '_' || char.IsLetterOrDigit(first) ? Kind.Word : Kind.Operator, text[start..at]));
        }
        return at;
    }
}
