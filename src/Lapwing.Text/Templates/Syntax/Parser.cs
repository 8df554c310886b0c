using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

/// <summary>A parsed template: its body, the layout of its outermost frame, its blocks.</summary>
internal sealed record ParsedTemplate(Body Body, Symbols Symbols, Dictionary<string, BlockStatement> Blocks, bool HasGeneration);

/// <summary>Recursive descent over the tokens, after Jinja's own parser; this half holds the statements.</summary>
internal sealed partial class Parser
{
    // CPython refuses Jinja's generated code beyond about this nesting, so no template that works goes deeper.
    private const int MaxNesting = 200;

    private readonly List<Token> _tokens;
    private readonly Dictionary<string, BlockStatement> _blocks = [];

    // Names read (false) and set (true) in the order met: which of caller, kwargs and varargs a macro's body uses.
    private readonly List<(string Name, bool Stored)> _names = [];

    // Filters and tests that do not exist fail at once, but inside an "if" only when reached (templates ask "'x' is filter" first).
    private readonly List<JinjaError> _unknown = [];
    private readonly List<JinjaError> _refused = [];
    private int _at;
    private int _nesting;
    private int _loops;
    private bool _topLevel = true;
    private bool _hasGeneration;

    private Parser(List<Token> tokens) => _tokens = tokens;

    private Token Current => _tokens[_at];

    private Token Look => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    public static ParsedTemplate Parse(string source)
    {
        var parser = new Parser(Lexer.Tokenize(source));
        Body body = parser.ParseBody(null);
        foreach (JinjaError unknown in parser._refused.Concat(parser._unknown)) throw unknown;
        var symbols = new Symbols(null);
        body.Declare(symbols);
        body.Bind(symbols);
        return new ParsedTemplate(body, symbols, parser._blocks, parser._hasGeneration);
    }

    private Token Next() => Current.Kind == TokenKind.Eof ? Current : _tokens[_at++];

    private bool Skip(TokenKind kind)
    {
        if (Current.Kind != kind) return false;
        _at++;
        return true;
    }

    private bool SkipName(string name)
    {
        if (!Current.Is(name)) return false;
        _at++;
        return true;
    }

    private Token Expect(TokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected(what);

    private void ExpectName(string name)
    {
        if (!SkipName(name)) throw Unexpected(name);
    }

    private JinjaError Unexpected(string expected) => Current.Kind == TokenKind.Eof
        ? Fail($"unexpected end of template, expected '{expected}'")
        : Fail($"expected token '{expected}', got '{Current.Describe()}'");

    private JinjaError Fail(string message) => Fail(message, Current.Line);

    private static JinjaError Fail(string message, int line) => new(ErrorKind.TemplateSyntaxError, message) { Line = line };

    private void Deeper()
    {
        Interpreter.EnsureStack();
        if (++_nesting > MaxNesting) throw Fail($"nested more than {MaxNesting} levels deep");
    }

    /// <summary>Statements up to (not past) one of the end tags, or to the end of the template.</summary>
    private Body ParseBody(string[]? ends)
    {
        Deeper();
        var statements = new List<Statement>();
        while (Current.Kind != TokenKind.Eof)
        {
            Token token = Next();
            if (token.Kind == TokenKind.Data)
            {
                statements.Add(new TextStatement(token.Text) { Line = token.Line });
            }
            else if (token.Kind == TokenKind.VariableBegin)
            {
                int line = Current.Line;
                statements.Add(new PrintStatement(ParseTuple()) { Line = line });
                Expect(TokenKind.VariableEnd, "end of print statement");
            }
            else
            {
                if (ends is not null && Current.Kind == TokenKind.Name && ends.Contains(Current.Text))
                {
                    _nesting--;
                    return new Body([.. statements]);
                }
                ParseStatement(statements, ends);
                Expect(TokenKind.BlockEnd, "end of statement block");
            }
        }
        _nesting--;
        if (ends is null) return new Body([.. statements]);
        throw Fail($"unexpected end of template: '{string.Join("' or '", ends)}' is missing");
    }

    /// <summary>The body after a statement's head: past the head's end, up to one of the end tags.</summary>
    private Body ParseBlock(params string[] ends)
    {
        Skip(TokenKind.Colon);
        Expect(TokenKind.BlockEnd, "end of statement block");
        return ParseBody(ends);
    }

    // Inside a frame of its own names are no longer the template's; inside a function a loop outside cannot be left.
    private Body ParseInner(string end, bool function = false) => Inner(() =>
    {
        Body body = ParseBlock(end);
        Next();
        return body;
    }, function);

    private T Inner<T>(Func<T> parse, bool function)
    {
        (bool topLevel, int loops, int unknown) = (_topLevel, _loops, _unknown.Count);
        _topLevel = false;
        if (function) _loops = 0;
        T result = parse();
        // An "if" around a loop or a macro excuses nothing inside it.
        _refused.AddRange(_unknown.Skip(unknown));
        _unknown.RemoveRange(unknown, _unknown.Count - unknown);
        (_topLevel, _loops) = (topLevel, loops);
        return result;
    }

    private void ParseStatement(List<Statement> into, string[]? ends)
    {
        Token tag = Expect(TokenKind.Name, "tag name");
        int line = tag.Line;
        switch (tag.Text)
        {
            case "for": into.Add(ParseFor(line)); break;
            case "if": into.Add(ParseIf(line)); break;
            case "set": into.Add(ParseSet(line)); break;
            case "macro": into.Add(ParseMacro(line)); break;
            case "call": into.Add(ParseCallBlock(line)); break;
            case "with": into.Add(ParseWith(line)); break;
            case "block": into.Add(ParseNamedBlock(line)); break;
            case "filter":
                var filter = (FilterExpr)ParseFilter(null, inline: true);
                into.Add(new FilterBlockStatement(filter, ParseInner("endfilter")) { Line = line });
                break;
            case "generation":
                int mark = _names.Count;
                _hasGeneration = true;
                into.Add(new GenerationStatement(Define(null, [], [], ParseInner("endgeneration", function: true), mark, line)) { Line = line });
                break;
            case "autoescape":
                Expr enabled = ParseExpression();
                into.Add(new AutoEscapeStatement(enabled, ParseInner("endautoescape")) { Line = line });
                break;
            case "print":
                while (Current.Kind != TokenKind.BlockEnd)
                {
                    into.Add(new PrintStatement(ParseExpression()) { Line = line });
                    if (Current.Kind != TokenKind.BlockEnd) Expect(TokenKind.Comma, ",");
                }
                break;
            case "break" or "continue":
                if (_loops == 0) throw Fail($"'{tag.Text}' outside loop", line);
                into.Add(new JumpStatement(tag.Text == "break" ? Flow.Break : Flow.Continue) { Line = line });
                break;
            case "include" or "import" or "extends" or "from":
                while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.Eof)) Next();
                into.Add(new RefusedStatement(tag.Text) { Line = line });
                break;
            default:
                throw Fail(ends is null ? $"unknown tag '{tag.Text}'" : $"unknown tag '{tag.Text}'; expected '{string.Join("' or '", ends)}'", line);
        }
    }

    private ForStatement ParseFor(int line)
    {
        Target target = ParseTarget(withNamespace: false);
        ExpectName("in");
        Expr items = ParseTuple(withConditional: false);
        Expr? test = SkipName("if") ? ParseExpression() : null;
        bool recursive = SkipName("recursive");
        int mark = _names.Count;
        return Inner(() =>
        {
            _loops++;
            Body body = ParseBlock("endfor", "else");
            _loops--;
            Body? otherwise = null;
            if (Next().Text == "else")
            {
                otherwise = ParseBlock("endfor");
                Next();
            }
            if (target.Leaves().OfType<Target.Name>().Any(n => n.Variable.Name == "loop") || _names.Skip(mark).Any(n => n is { Name: "loop", Stored: true }))
                throw Fail("can't assign to special loop variable in for-loop target", line);
            return new ForStatement(target, items, test, recursive, body, otherwise) { Line = line };
        }, function: false);
    }

    private IfStatement ParseIf(int line)
    {
        int unknown = _unknown.Count;
        var branches = new List<(Expr, Body)>();
        Body? otherwise = null;
        while (true)
        {
            Expr test = ParseTuple(withConditional: false);
            branches.Add((test, ParseBlock("elif", "else", "endif")));
            Token token = Next();
            if (token.Is("elif")) continue;
            if (token.Is("else"))
            {
                otherwise = ParseBlock("endif");
                Next();
            }
            break;
        }
        _unknown.RemoveRange(unknown, _unknown.Count - unknown);
        return new IfStatement([.. branches], otherwise) { Line = line };
    }

    private Statement ParseSet(int line)
    {
        Target target = ParseTarget(withNamespace: true);
        if (Skip(TokenKind.Assign)) return new SetStatement(target, ParseTuple(), _topLevel) { Line = line };
        var filter = Current.Kind == TokenKind.Pipe ? (FilterExpr)ParseFilter(null, inline: false) : null;
        return new SetBlockStatement(target, filter, ParseInner("endset"), _topLevel) { Line = line };
    }

    private WithStatement ParseWith(int line)
    {
        var bindings = new List<(Target, Expr)>();
        while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.Colon))
        {
            if (bindings.Count > 0) Expect(TokenKind.Comma, ",");
            Target target = ParseTarget(withNamespace: false);
            Expect(TokenKind.Assign, "=");
            bindings.Add((target, ParseExpression()));
        }
        return new WithStatement([.. bindings], ParseInner("endwith")) { Line = line };
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = Expect(TokenKind.Name, "name").Text;
        bool topLevel = _topLevel;
        (NameExpr[] parameters, Expr[] defaults) = ParseSignature();
        int mark = _names.Count;
        return new MacroStatement(Define(name, parameters, defaults, ParseInner("endmacro", function: true), mark, line), topLevel) { Line = line };
    }

    private CallBlockStatement ParseCallBlock(int line)
    {
        (NameExpr[] parameters, Expr[] defaults) = Current.Kind == TokenKind.LParen ? ParseSignature() : ([], []);
        if (ParseExpression() is not CallExpr call) throw Fail("expected call", line);
        int mark = _names.Count;
        return new CallBlockStatement(Define(null, parameters, defaults, ParseInner("endcall", function: true), mark, line), call) { Line = line };
    }

    private BlockStatement ParseNamedBlock(int line)
    {
        string name = Expect(TokenKind.Name, "name").Text;
        bool scoped = SkipName("scoped");
        SkipName("required");
        if (Current.Kind == TokenKind.Sub) throw Fail("block names may not contain hyphens, use an underscore instead");
        var block = new BlockStatement(name, ParseInner("endblock", function: true), scoped) { Line = line };
        SkipName(name);
        if (!_blocks.TryAdd(name, block)) throw Fail($"block '{name}' defined twice", line);
        return block;
    }

    private (NameExpr[] Parameters, Expr[] Defaults) ParseSignature()
    {
        var parameters = new List<NameExpr>();
        var defaults = new List<Expr>();
        Expect(TokenKind.LParen, "(");
        while (Current.Kind != TokenKind.RParen)
        {
            if (parameters.Count > 0) Expect(TokenKind.Comma, ",");
            Token name = Expect(TokenKind.Name, "name");
            if (IsReserved(name.Text)) throw Fail($"can't assign to '{name.Text}'", name.Line);
            if (parameters.Exists(p => p.Name == name.Text)) throw Fail($"duplicate argument '{name.Text}'", name.Line);
            if (Skip(TokenKind.Assign)) defaults.Add(ParseExpression());
            else if (defaults.Count > 0) throw Fail("non-default argument follows default argument");
            parameters.Add(new NameExpr(name.Text) { Line = name.Line });
            _names.Add((name.Text, true));
        }
        Next();
        return ([.. parameters], [.. defaults]);
    }

    private MacroDefinition Define(string? name, NameExpr[] parameters, Expr[] defaults, Body body, int mark, int line)
    {
        bool caller = Uses("caller");
        int position = Array.FindIndex(parameters, p => p.Name == "caller");
        if (caller && position >= 0 && position < parameters.Length - defaults.Length)
            throw Fail("the special \"caller\" argument of a macro must be omitted or be given a default", line);
        return new MacroDefinition(name, parameters, defaults, body, caller, Uses("kwargs") && !Has("kwargs"), Uses("varargs") && !Has("varargs"));

        bool Has(string parameter) => parameters.Any(p => p.Name == parameter);

        bool Uses(string special)
        {
            for (int i = mark; i < _names.Count; i++)
            {
                if (_names[i].Name == special) return !_names[i].Stored;
            }
            return false;
        }
    }

    private Target ParseTarget(bool withNamespace)
    {
        var items = new List<Target>();
        bool tuple = false;
        while (true)
        {
            if (Current.Kind is TokenKind.BlockEnd or TokenKind.VariableEnd or TokenKind.RParen) break;
            items.Add(ParseOneTarget(withNamespace));
            if (!Skip(TokenKind.Comma)) break;
            tuple = true;
        }
        if (tuple) return new Target.Tuple([.. items]);
        return items.Count == 1 ? items[0] : throw Fail($"expected an expression, got '{Current.Describe()}'");
    }

    private Target ParseOneTarget(bool withNamespace)
    {
        if (Skip(TokenKind.LParen))
        {
            Deeper();
            Target inner = Current.Kind == TokenKind.RParen ? new Target.Tuple([]) : ParseTarget(withNamespace: false);
            _nesting--;
            Expect(TokenKind.RParen, ")");
            return inner;
        }
        Token name = Expect(TokenKind.Name, "name");
        if (IsReserved(name.Text)) throw Fail($"can't assign to '{name.Text}'", name.Line);
        var variable = new NameExpr(name.Text) { Line = name.Line };
        if (withNamespace && Skip(TokenKind.Dot)) return new Target.NamespaceItem(variable, Expect(TokenKind.Name, "name").Text);
        _names.Add((name.Text, true));
        return new Target.Name(variable);
    }

    private static bool IsReserved(string name) => name is "true" or "false" or "none" or "True" or "False" or "None";
}
