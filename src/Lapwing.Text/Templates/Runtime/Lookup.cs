using System.Numerics;
using Lapwing.Text.Templates.Library;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>
/// <c>a.b</c> and <c>a["b"]</c> as Jinja's immutable sandbox does them: the dot tries attributes first, the bracket items first; what begins
/// with an underscore or would change a list or dict is undefined, and fails when used.
/// </summary>
internal static class Lookup
{
    public static object? Attribute(Interpreter rt, object? target, string name)
    {
        if (target is Undefined undefined) throw undefined.Fail();
        if (TryAttribute(rt, target, name, out object? value)) return value;
        if (target is PyDict dict && dict.TryGet(name, out value)) return value;
        return Undefined.Attribute(target, name);
    }

    public static object? Item(Interpreter rt, object? target, object? key)
    {
        if (target is Undefined undefined) throw undefined.Fail();
        if (target is PyDict dict)
        {
            if (key is not (List<object?> or PyDict) && TryGet(dict, key, out object? value)) return value;
        }
        else if (Numbers.IsInteger(key) && target is string or Markup or List<object?> or PyTuple or PyRange or PyBytes)
        {
            if (Numbers.TryInteger(key, out long index) && Slicing.TryIndex(rt, target, index, out object? item)) return item;
        }
        if (Str.Is(key, out string name))
        {
            return TryAttribute(rt, target, name, out object? value) ? value : Undefined.Attribute(target, name);
        }
        return Undefined.Element(rt, target, key);
    }

    // An unhashable key is a TypeError in Python, which Jinja takes for "no such item".
    private static bool TryGet(PyDict dict, object? key, out object? value)
    {
        try
        {
            return dict.TryGet(key, out value);
        }
        catch (JinjaError e) when (e.Kind == ErrorKind.TypeError)
        {
            value = null;
            return false;
        }
    }

    /// <summary>An attribute proper, never an item.</summary>
    public static bool TryAttribute(Interpreter rt, object? target, string name, out object? value)
    {
        if (name.StartsWith("__", StringComparison.Ordinal) && Internal.Contains(name))
        {
            value = Undefined.Unsafe(target, name);
            return true;
        }
        value = Missing.Value;
        switch (target)
        {
            case Namespace ns:
                if (!ns.Items.TryGetValue(name, out value)) return false;
                if (name.StartsWith('_')) value = Undefined.Unsafe(target, name);
                return true;
            case LoopContext loop: return loop.TryAttribute(rt, name, out value);
            case Macro macro: return macro.TryAttribute(name, out value);
            case SelfReference:
                value = SelfReference.Block(rt, name);
                return true;
            case Cycler cycler:
                value = name switch
                {
                    "current" => cycler.Current,
                    "items" => cycler.Items,
                    "pos" => cycler.Position,
                    "next" => new BoundMethod(cycler, name, static (_, self, _) => ((Cycler)self!).Next()),
                    "reset" => new BoundMethod(cycler, name, static (_, self, _) => Reset((Cycler)self!)),
                    _ => Missing.Value,
                };
                return value.Given();
            case Joiner joiner:
                value = name switch { "sep" => joiner.Separator, "used" => joiner.Used, _ => Missing.Value };
                return value.Given();
            case PyRange range when name is "start" or "stop" or "step":
                value = name switch { "start" => range.Start, "stop" => range.Stop, _ => range.Step };
                return true;
            case PyGroup group when name is "grouper" or "list":
                value = group.Items[name == "grouper" ? 0 : 1];
                return true;
            case bool or long or BigInteger when name is "real" or "imag" or "numerator" or "denominator":
                value = name switch { "imag" => 0L, "denominator" => 1L, _ => Numbers.Normalize(Numbers.ToBig(target)) };
                return true;
            case double d when name is "real" or "imag":
                value = name == "real" ? d : 0.0;
                return true;
        }
        if (Mutators.Contains(name) && (target is List<object?> ? name is not ("popitem" or "setdefault" or "update") : target is PyDict && name is "clear" or "pop" or "popitem" or "setdefault" or "update"))
        {
            value = Undefined.Unsafe(target, name);
            return true;
        }
        if (MethodTable.Find(target, name) is not { } method) return false;
        value = new BoundMethod(target, name, method);
        return true;
    }

    private static object? Reset(Cycler cycler)
    {
        cycler.Reset();
        return null;
    }

    private static readonly HashSet<string> Mutators = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", "popitem", "setdefault", "update"];

    // The attributes that every Python object has, and those that the usual ways out of a sandbox begin with.
    private static readonly HashSet<string> Internal =
    [
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__", "__getattribute__", "__getstate__", "__gt__", "__hash__",
        "__init__", "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__",
        "__sizeof__", "__str__", "__subclasshook__", "__len__", "__contains__", "__iter__", "__getitem__", "__dict__", "__globals__", "__code__",
        "__mro__", "__subclasses__", "__bases__", "__base__", "__module__", "__name__", "__builtins__", "__import__", "__call__", "__self__",
    ];
}
