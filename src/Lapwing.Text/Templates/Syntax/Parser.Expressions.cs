namespace Lapwing.Text.Templates.Syntax;

/// <summary>The expression half: Jinja's precedence, which is not Python's (unary minus binds tighter than <c>**</c>, which groups leftward).</summary>
internal sealed partial class Parser
{
    private Expr ParseExpression(bool withConditional = true)
    {
        Deeper();
        Expr expr = withConditional ? ParseConditional() : ParseOr();
        _nesting--;
        return expr;
    }

    private Expr ParseTuple(bool withConditional = true, bool parenthesised = false)
    {
        int line = Current.Line;
        var items = new List<Expr>();
        bool tuple = false;
        while (true)
        {
            if (Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.RParen) break;
            items.Add(ParseExpression(withConditional));
            if (!Skip(TokenKind.Comma)) break;
            tuple = true;
        }
        if (!tuple)
        {
            if (items.Count > 0) return items[0];
            if (!parenthesised) throw Fail($"expected an expression, got '{Current.Describe()}'");
        }
        return new TupleExpr([.. items]) { Line = line };
    }

    private Expr ParseConditional()
    {
        int line = Current.Line;
        int unknown = _unknown.Count;
        Expr expr = ParseOr();
        while (SkipName("if"))
        {
            Expr test = ParseOr();
            Expr? otherwise = null;
            if (SkipName("else"))
            {
                Deeper();
                otherwise = ParseConditional();
                _nesting--;
            }
            expr = new ConditionalExpr(test, expr, otherwise) { Line = line };
            _unknown.RemoveRange(unknown, _unknown.Count - unknown);
        }
        return expr;
    }

    private Expr ParseOr()
    {
        Expr left = ParseAnd();
        while (SkipName("or")) left = new LogicExpr(false, left, ParseAnd()) { Line = left.Line };
        return left;
    }

    private Expr ParseAnd()
    {
        Expr left = ParseNot();
        while (SkipName("and")) left = new LogicExpr(true, left, ParseNot()) { Line = left.Line };
        return left;
    }

    private Expr ParseNot()
    {
        int line = Current.Line;
        if (!SkipName("not")) return ParseCompare();
        Deeper();
        Expr operand = ParseNot();
        _nesting--;
        return new NotExpr(operand) { Line = line };
    }

    private Expr ParseCompare()
    {
        Expr first = ParseSum();
        var rest = new List<(Comparison, Expr)>();
        while (true)
        {
            Comparison? op = Current.Kind switch
            {
                TokenKind.Eq => Comparison.Equal, TokenKind.Ne => Comparison.NotEqual, TokenKind.Lt => Comparison.Less,
                TokenKind.LtEq => Comparison.LessEqual, TokenKind.Gt => Comparison.Greater, TokenKind.GtEq => Comparison.GreaterEqual,
                TokenKind.Name when Current.Text == "in" => Comparison.In,
                TokenKind.Name when Current.Text == "not" && Look.Is("in") => Comparison.NotIn, _ => null,
            };
            if (op is not { } comparison) break;
            _at += comparison == Comparison.NotIn ? 2 : 1;
            rest.Add((comparison, ParseSum()));
        }
        return rest.Count == 0 ? first : new CompareExpr(first, [.. rest]) { Line = first.Line };
    }

    private Expr ParseSum()
    {
        Expr left = ParseConcat();
        while (Current.Kind is TokenKind.Add or TokenKind.Sub) left = new BinaryExpr(Next().Kind, left, ParseConcat()) { Line = left.Line };
        return left;
    }

    private Expr ParseConcat()
    {
        Expr first = ParseProduct();
        if (Current.Kind != TokenKind.Tilde) return first;
        var items = new List<Expr> { first };
        while (Skip(TokenKind.Tilde)) items.Add(ParseProduct());
        return new ConcatExpr([.. items]) { Line = first.Line };
    }

    private Expr ParseProduct()
    {
        Expr left = ParsePower();
        while (Current.Kind is TokenKind.Mul or TokenKind.Div or TokenKind.FloorDiv or TokenKind.Mod)
            left = new BinaryExpr(Next().Kind, left, ParsePower()) { Line = left.Line };
        return left;
    }

    private Expr ParsePower()
    {
        Expr left = ParseUnary(withFilter: true);
        while (Skip(TokenKind.Pow)) left = new BinaryExpr(TokenKind.Pow, left, ParseUnary(withFilter: true)) { Line = left.Line };
        return left;
    }

    private Expr ParseUnary(bool withFilter)
    {
        int line = Current.Line;
        Expr node;
        if (Current.Kind is TokenKind.Sub or TokenKind.Add)
        {
            Deeper();
            TokenKind op = Next().Kind;
            node = new UnaryExpr(op, ParseUnary(withFilter: false)) { Line = line };
            _nesting--;
        }
        else
        {
            node = ParsePrimary();
        }
        node = ParsePostfix(node);
        if (!withFilter) return node;
        while (true)
        {
            if (Current.Kind == TokenKind.Pipe) node = ParseFilter(node, inline: false);
            else if (Current.Is("is")) node = ParseTest(node);
            else if (Current.Kind == TokenKind.LParen) node = new CallExpr(node, ParseArguments()) { Line = node.Line };
            else return node;
        }
    }

    private Expr ParsePrimary()
    {
        Token token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name when token.Text is "true" or "True": return new ConstExpr(true) { Line = token.Line };
            case TokenKind.Name when token.Text is "false" or "False": return new ConstExpr(false) { Line = token.Line };
            case TokenKind.Name when token.Text is "none" or "None": return new ConstExpr(null) { Line = token.Line };
            case TokenKind.Name:
                _names.Add((token.Text, false));
                return new NameExpr(token.Text) { Line = token.Line };
            case TokenKind.String:
                string text = token.Text;
                while (Current.Kind == TokenKind.String) text += Next().Text;
                return new ConstExpr(text) { Line = token.Line };
            case TokenKind.Number: return new ConstExpr(token.Value) { Line = token.Line };
            case TokenKind.LParen:
                Expr inner = ParseTuple(parenthesised: true);
                Expect(TokenKind.RParen, ")");
                return inner;
            case TokenKind.LBracket:
                var items = new List<Expr>();
                while (Current.Kind != TokenKind.RBracket)
                {
                    items.Add(ParseExpression());
                    if (Current.Kind != TokenKind.RBracket) Expect(TokenKind.Comma, ",");
                }
                Next();
                return new ListExpr([.. items]) { Line = token.Line };
            case TokenKind.LBrace:
                var pairs = new List<(Expr, Expr)>();
                while (Current.Kind != TokenKind.RBrace)
                {
                    Expr key = ParseExpression();
                    Expect(TokenKind.Colon, ":");
                    pairs.Add((key, ParseExpression()));
                    if (Current.Kind != TokenKind.RBrace) Expect(TokenKind.Comma, ",");
                }
                Next();
                return new DictExpr([.. pairs]) { Line = token.Line };
            default: throw Fail($"unexpected '{token.Describe()}'", token.Line);
        }
    }

    private Expr ParsePostfix(Expr node)
    {
        while (true)
        {
            if (Current.Kind == TokenKind.LParen)
            {
                node = new CallExpr(node, ParseArguments()) { Line = node.Line };
            }
            else if (Skip(TokenKind.Dot))
            {
                Token name = Next();
                node = name switch
                {
                    { Kind: TokenKind.Name } => new AttributeExpr(node, name.Text) { Line = name.Line },
                    { Kind: TokenKind.Number, Value: long or System.Numerics.BigInteger } => new ItemExpr(node, new ConstExpr(name.Value)) { Line = name.Line },
                    _ => throw Fail("expected name or number", name.Line),
                };
            }
            else if (Skip(TokenKind.LBracket))
            {
                node = ParseSubscript(node);
                Expect(TokenKind.RBracket, "]");
            }
            else
            {
                return node;
            }
        }
    }

    private Expr ParseSubscript(Expr target)
    {
        int line = Current.Line;
        Expr? start = Current.Kind == TokenKind.Colon ? null : ParseExpression();
        if (Skip(TokenKind.Colon))
        {
            Expr? stop = Bound();
            Expr? step = Skip(TokenKind.Colon) ? Bound() : null;
            if (Current.Kind == TokenKind.Comma) throw Fail("a slice beside other subscripts is not supported");
            return new SliceExpr(target, start, stop, step) { Line = line };
        }
        if (Current.Kind != TokenKind.Comma) return new ItemExpr(target, start!) { Line = line };
        var items = new List<Expr> { start! };
        while (Skip(TokenKind.Comma)) items.Add(ParseExpression());
        return new ItemExpr(target, new TupleExpr([.. items])) { Line = line };

        Expr? Bound() => Current.Kind is TokenKind.Colon or TokenKind.RBracket or TokenKind.Comma ? null : ParseExpression();
    }

    private ArgumentList ParseArguments()
    {
        int line = Expect(TokenKind.LParen, "(").Line;
        var positional = new List<Expr>();
        var keywords = new List<(string, Expr)>();
        Expr? spread = null, keywordSpread = null;
        bool comma = false;
        while (Current.Kind != TokenKind.RParen)
        {
            if (comma)
            {
                Expect(TokenKind.Comma, ",");
                if (Current.Kind == TokenKind.RParen) break;
            }
            if (Skip(TokenKind.Mul))
            {
                Ensure(spread is null && keywordSpread is null);
                spread = ParseExpression();
            }
            else if (Skip(TokenKind.Pow))
            {
                Ensure(keywordSpread is null);
                keywordSpread = ParseExpression();
            }
            else if (Current.Kind == TokenKind.Name && Look.Kind == TokenKind.Assign)
            {
                Ensure(keywordSpread is null);
                string name = Next().Text;
                Next();
                if (keywords.Exists(k => k.Item1 == name)) throw Fail($"keyword argument repeated: {name}", line);
                keywords.Add((name, ParseExpression()));
            }
            else
            {
                Ensure(spread is null && keywordSpread is null && keywords.Count == 0);
                positional.Add(ParseExpression());
            }
            comma = true;
        }
        Next();
        return new ArgumentList([.. positional], [.. keywords], spread, keywordSpread);

        void Ensure(bool valid)
        {
            if (!valid) throw Fail("invalid syntax for function call expression", line);
        }
    }

    private Expr ParseFilter(Expr? node, bool inline)
    {
        while (inline || Skip(TokenKind.Pipe))
        {
            int line = Current.Line;
            string name = DottedName();
            ArgumentList arguments = Current.Kind == TokenKind.LParen ? ParseArguments() : ArgumentList.Empty;
            var filter = new FilterExpr(node, name, arguments) { Line = line };
            if (!filter.Exists) _unknown.Add(Fail($"No filter named '{name}'.", line));
            node = filter;
            inline = false;
        }
        return node!;
    }

    private Expr ParseTest(Expr node)
    {
        int line = Next().Line;
        bool negated = SkipName("not");
        string name = DottedName();
        ArgumentList arguments = ArgumentList.Empty;
        if (Current.Kind == TokenKind.LParen)
        {
            arguments = ParseArguments();
        }
        else if (Current.Kind is TokenKind.Name or TokenKind.String or TokenKind.Number or TokenKind.LBracket or TokenKind.LBrace
            && !(Current.Is("else") || Current.Is("or") || Current.Is("and")))
        {
            if (Current.Is("is")) throw Fail("You cannot chain multiple tests with is");
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        }
        var test = new TestExpr(node, name, arguments) { Line = line };
        if (!test.Exists) _unknown.Add(Fail($"No test named '{name}'.", line));
        return negated ? new NotExpr(test) { Line = line } : test;
    }

    private string DottedName()
    {
        string name = Expect(TokenKind.Name, "name").Text;
        while (Skip(TokenKind.Dot)) name += "." + Expect(TokenKind.Name, "name").Text;
        return name;
    }
}
