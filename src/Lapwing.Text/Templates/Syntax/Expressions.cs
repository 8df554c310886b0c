using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

/// <summary>An expression; evaluating one always costs a step.</summary>
internal abstract class Expr
{
    public int Line { get; init; }

    public abstract object? Evaluate(Interpreter rt);

    public virtual IEnumerable<Expr?> Children => [];

    /// <summary>Every name below, without recursion: a chain of a thousand operators must not exhaust the stack here.</summary>
    public IEnumerable<NameExpr> Names()
    {
        var open = new Stack<Expr>();
        open.Push(this);
        while (open.TryPop(out Expr? next))
        {
            if (next is NameExpr name) yield return name;
            foreach (Expr? child in next.Children.Reverse())
            {
                if (child is not null) open.Push(child);
            }
        }
    }

    public void Declare(Symbols symbols)
    {
        foreach (NameExpr name in Names()) symbols.Load(name.Name);
    }

    public void Bind(Symbols symbols)
    {
        foreach (NameExpr name in Names()) name.Bind(symbols);
    }
}

internal sealed class NameExpr(string name) : Expr
{
    private int _hops;
    private int _slot;

    public string Name => name;

    public new void Bind(Symbols symbols) => (_hops, _slot) = symbols.Find(name);

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? value = rt.Frame.Outward(_hops).Slots[_slot];
        return ReferenceEquals(value, Missing.Value) ? Undefined.Name(name) : value;
    }

    public void Assign(Interpreter rt, object? value) => rt.Frame.Outward(_hops).Slots[_slot] = value;
}

internal sealed class ConstExpr(object? value) : Expr
{
    public object? Value => value;

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        return value;
    }
}

internal sealed class TupleExpr(Expr[] items) : Expr
{
    public Expr[] Items => items;

    public override IEnumerable<Expr?> Children => items;

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        return new PyTuple(EvaluateAll(rt, items));
    }

    public static object?[] EvaluateAll(Interpreter rt, Expr[] items)
    {
        if (items.Length == 0) return [];
        var values = new object?[items.Length];
        for (int i = 0; i < values.Length; i++) values[i] = items[i].Evaluate(rt);
        return values;
    }
}

internal sealed class ListExpr(Expr[] items) : Expr
{
    public override IEnumerable<Expr?> Children => items;

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        return new List<object?>(TupleExpr.EvaluateAll(rt, items));
    }
}

internal sealed class DictExpr((Expr Key, Expr Value)[] items) : Expr
{
    public override IEnumerable<Expr?> Children => items.SelectMany(i => new[] { i.Key, i.Value });

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        var dict = new PyDict(rt);
        foreach ((Expr key, Expr value) in items)
        {
            object? k = key.Evaluate(rt);
            dict.Set(k, value.Evaluate(rt));
        }
        return dict;
    }
}

internal sealed class ConditionalExpr(Expr test, Expr then, Expr? otherwise) : Expr
{
    public override IEnumerable<Expr?> Children => [test, then, otherwise];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        if (Truth.Of(rt, test.Evaluate(rt))) return then.Evaluate(rt);
        return otherwise is null
            ? Undefined.Hint($"the inline if-expression on line {Line} evaluated to false and no else section was defined.")
            : otherwise.Evaluate(rt);
    }
}
