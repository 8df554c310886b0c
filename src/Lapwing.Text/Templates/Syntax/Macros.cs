using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

/// <summary>The callable part that macros and call blocks share: parameters with defaults, a frame, a body.</summary>
internal sealed class MacroDefinition(string? name, NameExpr[] parameters, Expr[] defaults, Body body, bool usesCaller, bool usesKeywords, bool usesVarargs)
{
    private readonly NameExpr _caller = new("caller");
    private readonly NameExpr _keywords = new("kwargs");
    private readonly NameExpr _varargs = new("varargs");
    private Symbols? _frame;

    public string? Name => name;

    public IEnumerable<string> ParameterNames => parameters.Select(p => p.Name);

    public int ParameterCount => parameters.Length;

    public bool UsesCaller => usesCaller;

    public bool ExplicitCaller { get; } = parameters.Any(p => p.Name == "caller");

    public bool UsesKeywords => usesKeywords;

    public bool UsesVarargs => usesVarargs;

    public void Bind(Symbols outer)
    {
        _frame = new Symbols(outer);
        foreach (NameExpr parameter in parameters) _frame.Parameter(parameter.Name);
        foreach (Expr value in defaults) value.Declare(_frame);
        body.Declare(_frame);
        if (usesCaller && !ExplicitCaller) _frame.Parameter("caller");
        if (usesKeywords) _frame.Parameter("kwargs");
        if (usesVarargs) _frame.Parameter("varargs");
        foreach (NameExpr parameter in parameters) parameter.Bind(_frame);
        if (usesCaller) _caller.Bind(_frame);
        if (usesKeywords) _keywords.Bind(_frame);
        if (usesVarargs) _varargs.Bind(_frame);
        foreach (Expr value in defaults) value.Bind(_frame);
        body.Bind(_frame);
    }

    public object Invoke(Interpreter rt, Frame closure, Arguments arguments)
    {
        rt.EnterCall();
        Frame outer = rt.Frame;
        rt.Frame = new Frame(_frame!.Layout, closure);
        _frame.Layout.Fill(rt, rt.Frame);
        Fill(rt, arguments);
        Flow flow = body.Capture(rt, out string text);
        if (flow != Flow.Next) throw new JinjaError(ErrorKind.TemplateSyntaxError, "'break' or 'continue' outside loop");
        rt.Frame = outer;
        rt.LeaveCall();
        return rt.Captured(text);
    }

    // The order and the messages are those of the reference's Macro.__call__.
    private void Fill(Interpreter rt, Arguments arguments)
    {
        var keywords = new List<KeyValuePair<string, object?>>(arguments.Keywords);
        var values = new object?[parameters.Length];
        bool foundCaller = arguments.Positional.Count >= parameters.Length && ExplicitCaller;
        for (int i = 0; i < parameters.Length; i++)
        {
            if (i < arguments.Positional.Count)
            {
                values[i] = arguments.Positional[i];
                continue;
            }
            int given = keywords.FindIndex(k => k.Key == parameters[i].Name);
            values[i] = given < 0 ? Missing.Value : keywords[given].Value;
            if (given >= 0) keywords.RemoveAt(given);
            foundCaller |= parameters[i].Name == "caller";
        }
        if (usesCaller && !foundCaller)
        {
            int given = keywords.FindIndex(k => k.Key == "caller");
            object? caller = given < 0 ? null : keywords[given].Value;
            if (given >= 0) keywords.RemoveAt(given);
            _caller.Assign(rt, caller ?? Undefined.Hint("No caller defined"));
        }
        if (usesKeywords)
        {
            var dict = new PyDict(rt);
            foreach ((string key, object? value) in keywords) dict.Set(key, value);
            _keywords.Assign(rt, dict);
        }
        else if (keywords.Count > 0)
        {
            throw JinjaError.Type(keywords.Exists(k => k.Key == "caller")
                ? $"macro '{name}' was invoked with two values for the special caller argument. This is most likely a bug."
                : $"macro '{name}' takes no keyword argument '{keywords[0].Key}'");
        }
        if (usesVarargs) _varargs.Assign(rt, new PyTuple([.. arguments.Positional.Skip(parameters.Length)]));
        else if (arguments.Positional.Count > parameters.Length)
            throw JinjaError.Type($"macro '{name}' takes not more than {parameters.Length} argument(s)");
        for (int i = 0; i < parameters.Length; i++)
        {
            if (!ReferenceEquals(values[i], Missing.Value)) parameters[i].Assign(rt, values[i]);
        }
        for (int i = 0; i < parameters.Length; i++)
        {
            if (!ReferenceEquals(values[i], Missing.Value)) continue;
            int fallback = i - (parameters.Length - defaults.Length);
            parameters[i].Assign(rt, fallback >= 0 ? defaults[fallback].Evaluate(rt) : Undefined.Hint($"parameter '{parameters[i].Name}' was not provided"));
        }
    }
}

internal sealed class MacroStatement(MacroDefinition definition, bool topLevel) : Statement
{
    private readonly Target.Name _target = new(new NameExpr(definition.Name!));

    public override void Declare(Symbols symbols) => symbols.Store(definition.Name!);

    public override void Bind(Symbols symbols)
    {
        _target.Bind(symbols);
        definition.Bind(symbols);
    }

    public override Flow Execute(Interpreter rt)
    {
        _target.Assign(rt, new Macro(definition, rt.Frame));
        if (topLevel) rt.Export(_target);
        return Flow.Next;
    }
}

/// <summary><c>call(args) macro(...)</c> … <c>endcall</c>: the body becomes the macro's <c>caller</c>.</summary>
internal sealed class CallBlockStatement(MacroDefinition definition, CallExpr call) : Statement
{
    public override void Declare(Symbols symbols) => call.Declare(symbols);

    public override void Bind(Symbols symbols)
    {
        call.Bind(symbols);
        definition.Bind(symbols);
    }

    public override Flow Execute(Interpreter rt)
    {
        rt.Print(call.Invoke(rt, new Macro(definition, rt.Frame)));
        return Flow.Next;
    }
}

/// <summary>
/// <c>generation</c> … <c>endgeneration</c>, Transformers' mark of what the assistant says. It is a call block there, so names set inside
/// stay inside; here its place in the output is noted.
/// </summary>
internal sealed class GenerationStatement(MacroDefinition definition) : Statement
{
    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols) => definition.Bind(symbols);

    public override Flow Execute(Interpreter rt)
    {
        object text = definition.Invoke(rt, rt.Frame, Arguments.None);
        rt.PrintGeneration(text);
        return Flow.Next;
    }
}

/// <summary><c>block name</c> … <c>endblock</c>: stands in a frame of its own that sees the context and top-level names only.</summary>
internal sealed class BlockStatement(string name, Body body, bool scoped) : Statement
{
    private Symbols? _frame;

    public string Name => name;

    public override void Declare(Symbols symbols) { }

    public override void Bind(Symbols symbols)
    {
        _frame = new Symbols(scoped ? symbols : null);
        body.Declare(_frame);
        body.Bind(_frame);
    }

    public override Flow Execute(Interpreter rt)
    {
        rt.Write(Render(rt, scoped ? rt.Frame : null));
        return Flow.Next;
    }

    public string Render(Interpreter rt, Frame? scope)
    {
        rt.EnterCall();
        Frame outer = rt.Frame;
        rt.Frame = new Frame(_frame!.Layout, scope);
        _frame.Layout.Fill(rt, rt.Frame);
        body.Capture(rt, out string text);
        rt.Frame = outer;
        rt.LeaveCall();
        return text;
    }
}
