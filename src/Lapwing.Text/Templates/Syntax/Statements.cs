using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

internal enum Flow { Next, Break, Continue }

/// <summary>
/// A statement. <see cref="Declare"/> tells the frame around it which names it reads and sets; <see cref="Bind"/>, after all of the
/// frame is declared, ties its names to slots and declares the frames it opens itself.
/// </summary>
internal abstract class Statement
{
    public int Line { get; init; }

    public abstract void Declare(Symbols symbols);

    public abstract void Bind(Symbols symbols);

    public abstract Flow Execute(Interpreter rt);
}

internal sealed class Body(Statement[] statements)
{
    public Statement[] Statements => statements;

    public void Declare(Symbols symbols)
    {
        foreach (Statement s in statements) s.Declare(symbols);
    }

    public void Bind(Symbols symbols)
    {
        foreach (Statement s in statements) s.Bind(symbols);
    }

    public Flow Execute(Interpreter rt)
    {
        foreach (Statement s in statements)
        {
            rt.Step();
            try
            {
                Flow flow = s.Execute(rt);
                if (flow != Flow.Next) return flow;
            }
            catch (JinjaError e) when (e.At(s.Line))
            {
                throw;
            }
        }
        return Flow.Next;
    }

    /// <summary>Runs the body with its output captured; a <c>break</c> inside leaves nothing captured and goes on outward.</summary>
    public Flow Capture(Interpreter rt, out string text)
    {
        OutputBuffer outer = rt.BeginCapture();
        Flow flow = Execute(rt);
        text = rt.EndCapture(outer);
        return flow;
    }
}

internal sealed class TextStatement(string text) : Statement
{
    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols) { }

    public override Flow Execute(Interpreter rt)
    {
        rt.Write(text);
        return Flow.Next;
    }
}

internal sealed class PrintStatement(Expr value) : Statement
{
    public override void Declare(Symbols symbols) => value.Declare(symbols);

    public override void Bind(Symbols symbols) => value.Bind(symbols);

    public override Flow Execute(Interpreter rt)
    {
        rt.Print(value.Evaluate(rt));
        return Flow.Next;
    }
}

internal sealed class IfStatement((Expr Test, Body Body)[] branches, Body? otherwise) : Statement
{
    public override void Declare(Symbols symbols) => DeclareOne(symbols, branches[0], branches.AsMemory(1), otherwise);

    private static void DeclareOne(Symbols symbols, (Expr Test, Body Body) branch, ReadOnlyMemory<(Expr Test, Body Body)> elifs, Body? otherwise)
    {
        branch.Test.Declare(symbols);
        symbols.Branches(
            () => branch.Body.Declare(symbols),
            () =>
            {
                foreach (var elif in elifs.Span) DeclareOne(symbols, elif, default, null);
            },
            () => otherwise?.Declare(symbols));
    }

    public override void Bind(Symbols symbols)
    {
        foreach ((Expr test, Body body) in branches)
        {
            test.Bind(symbols);
            body.Bind(symbols);
        }
        otherwise?.Bind(symbols);
    }

    public override Flow Execute(Interpreter rt)
    {
        foreach ((Expr test, Body body) in branches)
        {
            if (Truth.Of(rt, test.Evaluate(rt))) return body.Execute(rt);
        }
        return otherwise?.Execute(rt) ?? Flow.Next;
    }
}

/// <summary>What can stand left of <c>=</c>: a name, an attribute of a namespace, or a tuple of these.</summary>
internal abstract record Target
{
    public sealed record Name(NameExpr Variable) : Target;

    public sealed record NamespaceItem(NameExpr Variable, string Attribute) : Target;

    public sealed record Tuple(Target[] Items) : Target;

    public IEnumerable<Target> Leaves() => this is Tuple t ? t.Items.SelectMany(i => i.Leaves()) : [this];

    public void Declare(Symbols symbols, bool asParameter)
    {
        foreach (Target leaf in Leaves())
        {
            if (leaf is NamespaceItem item) symbols.Load(item.Variable.Name);
            else if (asParameter) symbols.Parameter(((Name)leaf).Variable.Name);
            else symbols.Store(((Name)leaf).Variable.Name);
        }
    }

    public void Bind(Symbols symbols)
    {
        foreach (Target leaf in Leaves()) (leaf is NamespaceItem item ? item.Variable : ((Name)leaf).Variable).Bind(symbols);
    }

    public void CheckNamespaces(Interpreter rt)
    {
        foreach (Target leaf in Leaves())
        {
            if (leaf is NamespaceItem item && item.Variable.Evaluate(rt) is not Namespace)
                throw new JinjaError(ErrorKind.TemplateRuntimeError, $"cannot assign attribute on non-namespace object '{item.Variable.Name}'");
        }
    }

    public void Assign(Interpreter rt, object? value)
    {
        switch (this)
        {
            case Name name: name.Variable.Assign(rt, value); break;
            case NamespaceItem item: ((Namespace)item.Variable.Evaluate(rt)!).Set(item.Attribute, value); break;
            case Tuple tuple:
                var values = new List<object?>();
                foreach (object? part in Iteration.Of(rt, value, "cannot unpack non-iterable {0} object"))
                {
                    if (values.Count == tuple.Items.Length) throw JinjaError.Value($"too many values to unpack (expected {tuple.Items.Length})");
                    values.Add(part);
                }
                if (values.Count < tuple.Items.Length)
                    throw JinjaError.Value($"not enough values to unpack (expected {tuple.Items.Length}, got {values.Count})");
                for (int i = 0; i < values.Count; i++) tuple.Items[i].Assign(rt, values[i]);
                break;
        }
    }
}

/// <summary><c>set target = value</c>. At the top level the names are also seen by blocks.</summary>
internal sealed class SetStatement(Target target, Expr value, bool topLevel) : Statement
{
    public override void Declare(Symbols symbols)
    {
        value.Declare(symbols);
        target.Declare(symbols, asParameter: false);
    }

    public override void Bind(Symbols symbols)
    {
        value.Bind(symbols);
        target.Bind(symbols);
    }

    public override Flow Execute(Interpreter rt)
    {
        target.CheckNamespaces(rt);
        target.Assign(rt, value.Evaluate(rt));
        if (topLevel) rt.Export(target);
        return Flow.Next;
    }
}

/// <summary><c>set target</c> … <c>endset</c>, optionally through filters.</summary>
internal sealed class SetBlockStatement(Target target, FilterExpr? filter, Body body, bool topLevel) : Statement
{
    private Symbols? _inner;

    public override void Declare(Symbols symbols) => target.Declare(symbols, asParameter: false);

    public override void Bind(Symbols symbols)
    {
        target.Bind(symbols);
        _inner = new Symbols(symbols);
        body.Declare(_inner);
        filter?.Declare(_inner);
        filter?.Bind(_inner);
        body.Bind(_inner);
    }

    public override Flow Execute(Interpreter rt)
    {
        target.CheckNamespaces(rt);
        Frame outer = rt.Enter(_inner!);
        Flow flow = body.Capture(rt, out string text);
        if (flow == Flow.Next)
        {
            object? value = rt.Captured(text);
            if (filter is not null) value = filter.Apply(rt, text);
            if (rt.AutoEscape && value is string plain) value = new Markup(plain);
            rt.Frame = outer;
            target.Assign(rt, value);
            if (topLevel) rt.Export(target);
        }
        rt.Frame = outer;
        return flow;
    }
}

internal sealed class WithStatement((Target Target, Expr Value)[] bindings, Body body) : Statement
{
    private Symbols? _inner;

    public override void Declare(Symbols symbols)
    {
        foreach ((_, Expr value) in bindings) value.Declare(symbols);
    }

    public override void Bind(Symbols symbols)
    {
        _inner = new Symbols(symbols);
        foreach ((Target target, _) in bindings) target.Declare(_inner, asParameter: true);
        body.Declare(_inner);
        foreach ((Target target, Expr value) in bindings)
        {
            value.Bind(symbols);
            target.Bind(_inner);
        }
        body.Bind(_inner);
    }

    public override Flow Execute(Interpreter rt)
    {
        object?[] values = bindings.Length == 0 ? [] : new object?[bindings.Length];
        for (int i = 0; i < values.Length; i++) values[i] = bindings[i].Value.Evaluate(rt);
        Frame outer = rt.Enter(_inner!);
        for (int i = 0; i < values.Length; i++) bindings[i].Target.Assign(rt, values[i]);
        Flow flow = body.Execute(rt);
        rt.Frame = outer;
        return flow;
    }
}

internal sealed class FilterBlockStatement(FilterExpr filter, Body body) : Statement
{
    private Symbols? _inner;

    public override void Declare(Symbols symbols) => filter.Declare(symbols);

    public override void Bind(Symbols symbols)
    {
        _inner = new Symbols(symbols);
        body.Declare(_inner);
        filter.Declare(_inner);
        filter.Bind(_inner);
        body.Bind(_inner);
    }

    public override Flow Execute(Interpreter rt)
    {
        Frame outer = rt.Enter(_inner!);
        Flow flow = body.Capture(rt, out string text);
        if (flow == Flow.Next) rt.Print(filter.Apply(rt, rt.Captured(text)));
        rt.Frame = outer;
        return flow;
    }
}

/// <summary><c>autoescape</c> … <c>endautoescape</c>: a scope of its own in which output is HTML-escaped, or not.</summary>
internal sealed class AutoEscapeStatement(Expr enabled, Body body) : Statement
{
    private Symbols? _inner;

    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols)
    {
        _inner = new Symbols(symbols);
        enabled.Declare(_inner);
        body.Declare(_inner);
        enabled.Bind(_inner);
        body.Bind(_inner);
    }

    public override Flow Execute(Interpreter rt)
    {
        Frame outer = rt.Enter(_inner!);
        bool before = rt.AutoEscape;
        rt.AutoEscape = Truth.Of(rt, enabled.Evaluate(rt));
        Flow flow = body.Execute(rt);
        rt.AutoEscape = before;
        rt.Frame = outer;
        return flow;
    }
}

internal sealed class JumpStatement(Flow flow) : Statement
{
    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols) { }

    public override Flow Execute(Interpreter rt) => flow;
}

/// <summary><c>do</c> is not among Transformers' extensions and never reaches here; <c>include</c>, <c>import</c> and <c>extends</c> fail when reached.</summary>
internal sealed class RefusedStatement(string tag) : Statement
{
    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols) { }

    public override Flow Execute(Interpreter rt) =>
        throw new JinjaError(ErrorKind.TemplateRuntimeError, $"'{tag}' needs another template, and a chat template stands alone: put that text into this template");
}
