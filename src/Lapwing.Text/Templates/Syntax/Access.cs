using Lapwing.Text.Templates.Library;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

internal sealed class AttributeExpr(Expr target, string name) : Expr
{
    public override IEnumerable<Expr?> Children => [target];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        return Lookup.Attribute(rt, target.Evaluate(rt), name);
    }
}

internal sealed class ItemExpr(Expr target, Expr key) : Expr
{
    public override IEnumerable<Expr?> Children => [target, key];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? value = target.Evaluate(rt);
        return Lookup.Item(rt, value, key.Evaluate(rt));
    }
}

/// <summary><c>target[start:stop:step]</c>; as the argument of an item with commas it is a tuple of slices, which nothing accepts.</summary>
internal sealed class SliceExpr(Expr target, Expr? start, Expr? stop, Expr? step) : Expr
{
    public override IEnumerable<Expr?> Children => [target, start, stop, step];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? value = target.Evaluate(rt);
        return Slicing.Slice(rt, value, start?.Evaluate(rt), stop?.Evaluate(rt), step?.Evaluate(rt));
    }
}

/// <summary>The arguments of a call, a filter or a test as written.</summary>
internal sealed record ArgumentList(Expr[] Positional, (string Name, Expr Value)[] Keywords, Expr? Spread, Expr? KeywordSpread)
{
    public static readonly ArgumentList Empty = new([], [], null, null);

    public IEnumerable<Expr?> Children => [.. Positional, .. Keywords.Select(k => k.Value), Spread, KeywordSpread];

    public Arguments Evaluate(Interpreter rt, object? caller = null)
    {
        if (ReferenceEquals(this, Empty) && caller is null) return Arguments.None;
        var positional = new List<object?>(TupleExpr.EvaluateAll(rt, Positional));
        if (Spread is not null) positional.AddRange(Iteration.Of(rt, Spread.Evaluate(rt)));
        var keywords = new List<KeyValuePair<string, object?>>();
        foreach ((string name, Expr value) in Keywords) Add(name, value.Evaluate(rt));
        if (caller is not null) Add("caller", caller);
        if (KeywordSpread?.Evaluate(rt) is { } spread)
        {
            if (spread is not PyDict dict) throw JinjaError.Type($"argument after ** must be a mapping, not {TypeNames.Of(spread)}");
            foreach ((object? key, object? value) in dict.Items)
            {
                rt.Step();
                if (!Str.Is(key, out string name)) throw JinjaError.Type("keywords must be strings");
                Add(name, value);
            }
        }
        return new Arguments(positional, keywords);

        void Add(string name, object? value)
        {
            if (keywords.Exists(k => k.Key == name)) throw JinjaError.Type($"got multiple values for keyword argument '{name}'");
            keywords.Add(new(name, value));
        }
    }
}

internal sealed class CallExpr(Expr target, ArgumentList arguments) : Expr
{
    public override IEnumerable<Expr?> Children => [target, .. arguments.Children];

    public override object? Evaluate(Interpreter rt) => Invoke(rt, null);

    public object? Invoke(Interpreter rt, Macro? caller)
    {
        rt.Step();
        object? callee = target.Evaluate(rt);
        Arguments values = arguments.Evaluate(rt, caller);
        return Callable.Call(rt, callee, values);
    }
}

/// <summary><c>value|name(...)</c>; without a value it filters the text that its block captured.</summary>
internal sealed class FilterExpr(Expr? value, string name, ArgumentList arguments) : Expr
{
    private readonly FilterFunction? _filter = FilterTable.Find(name);

    public string Name => name;

    public bool Exists => _filter is not null;

    public override IEnumerable<Expr?> Children => [value, .. arguments.Children];

    public override object? Evaluate(Interpreter rt) => Apply(rt, null);

    public object? Apply(Interpreter rt, object? captured)
    {
        rt.Step();
        if (_filter is null) throw new JinjaError(ErrorKind.TemplateRuntimeError, $"No filter named '{name}' found.");
        object? input = value switch
        {
            null => captured,
            FilterExpr inner => inner.Apply(rt, captured),
            _ => value.Evaluate(rt),
        };
        return _filter(rt, input, arguments.Evaluate(rt));
    }
}

internal sealed class TestExpr(Expr value, string name, ArgumentList arguments) : Expr
{
    private readonly TestFunction? _test = TestTable.Find(name);

    public string Name => name;

    public bool Exists => _test is not null;

    public override IEnumerable<Expr?> Children => [value, .. arguments.Children];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        if (_test is null) throw new JinjaError(ErrorKind.TemplateRuntimeError, $"No test named '{name}' found.");
        object? input = value.Evaluate(rt);
        return _test(rt, input, arguments.Evaluate(rt));
    }
}
