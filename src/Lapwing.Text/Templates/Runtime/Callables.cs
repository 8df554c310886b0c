using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Whatever a template can call.</summary>
internal abstract class Callable
{
    public abstract string TypeName { get; }

    public abstract string Describe { get; }

    public abstract object? Invoke(Interpreter rt, Arguments arguments);

    /// <exception cref="JinjaError">The value is no function.</exception>
    public static object? Call(Interpreter rt, object? callee, Arguments arguments) => callee switch
    {
        Callable callable => callable.Invoke(rt, arguments),
        LoopContext loop => loop.Call(rt, arguments),
        Undefined undefined => throw undefined.Fail(),
        _ => throw JinjaError.Type($"'{TypeNames.Of(callee)}' object is not callable"),
    };
}

/// <summary>A built-in function, such as <c>range</c>.</summary>
internal sealed class Function(string name, Func<Interpreter, Arguments, object?> body, string typeName = "function") : Callable
{
    public string Name => name;

    public override string TypeName => typeName;

    public override string Describe => typeName == "type" ? $"<class '{name}'>" : $"<function {name}>";

    public override object? Invoke(Interpreter rt, Arguments arguments) => body(rt, arguments);
}

internal delegate object? Method(Interpreter rt, object? self, Arguments arguments);

/// <summary>A method taken from its object: <c>text.upper</c> before it is called.</summary>
internal sealed class BoundMethod(object? self, string name, Method method) : Callable
{
    public override string TypeName => "builtin_function_or_method";

    public override string Describe => $"<built-in method {name} of {TypeNames.Of(self)} object>";

    public bool SameAs(BoundMethod other) => ReferenceEquals(self, other.Self) && name == other.Name;

    private object? Self => self;

    private string Name => name;

    public override object? Invoke(Interpreter rt, Arguments arguments) => method(rt, self, arguments);
}

internal sealed class Macro(MacroDefinition definition, Frame closure) : Callable
{
    public string? Name => definition.Name;

    public override string TypeName => "Macro";

    public override string Describe => "<Macro>";

    public override object? Invoke(Interpreter rt, Arguments arguments) => definition.Invoke(rt, closure, arguments);

    public bool TryAttribute(string name, out object? value)
    {
        value = name switch
        {
            "name" => definition.Name,
            "arguments" => new PyTuple([.. definition.ParameterNames]),
            "catch_kwargs" => definition.UsesKeywords,
            "catch_varargs" => definition.UsesVarargs,
            "caller" => definition.UsesCaller,
            "explicit_caller" => definition.ExplicitCaller,
            _ => Missing.Value,
        };
        return value.Given();
    }
}

/// <summary><c>self</c>: renders the template's own blocks by name.</summary>
internal sealed class SelfReference
{
    public static readonly SelfReference Instance = new();

    public static object? Block(Interpreter rt, string name) => rt.Blocks.TryGetValue(name, out BlockStatement? block)
        ? new Function(name, (r, _) => r.Captured(block.Render(r, null)), "BlockReference")
        : Undefined.Attribute(Instance, name);
}

/// <summary><c>cycler(...)</c>: hands out its items in turn.</summary>
internal sealed class Cycler(IReadOnlyList<object?> items)
{
    private int _position;

    public object? Current => items[_position];

    public PyTuple Items => new([.. items]);

    public long Position => _position;

    public object? Next()
    {
        object? item = Current;
        _position = (_position + 1) % items.Count;
        return item;
    }

    public void Reset() => _position = 0;
}

/// <summary><c>joiner(sep)</c>: nothing at its first call, the separator at every later one.</summary>
internal sealed class Joiner(object? separator) : Callable
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override string Describe => "<jinja2.utils.Joiner object>";

    public object? Separator => separator;

    public bool Used => _used;

    public override object? Invoke(Interpreter rt, Arguments arguments)
    {
        arguments.Bind("joiner", 0);
        if (_used) return separator;
        _used = true;
        return "";
    }
}
