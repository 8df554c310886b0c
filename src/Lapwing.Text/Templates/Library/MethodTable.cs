using System.Numerics;
using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The methods of the built-in types that the sandbox allows.</summary>
internal static class MethodTable
{
    private static readonly Dictionary<string, Method> Dict = new()
    {
        ["get"] = static (_, self, a) =>
        {
            object?[] given = a.Bind("get", 1, "key", "default");
            return ((PyDict)self!).TryGet(given[0], out object? value) ? value : given[1].Or(null);
        },
        ["keys"] = static (_, self, a) => View(self, a, ViewKind.Keys),
        ["values"] = static (_, self, a) => View(self, a, ViewKind.Values),
        ["items"] = static (_, self, a) => View(self, a, ViewKind.Items),
        ["copy"] = static (rt, self, _) => Copy(rt, (PyDict)self!),
        ["fromkeys"] = static (rt, _, a) => FromKeys(rt, a),
    };

    private static readonly Dictionary<string, Method> Sequence = new()
    {
        ["count"] = static (rt, self, a) =>
        {
            object? sought = a.Bind("count", 1, "value")[0];
            return Iteration.Of(rt, self).LongCount(i => ReferenceEquals(i, sought) || Equality.Equal(rt, i, sought));
        },
        ["index"] = IndexOf,
    };

    private static readonly Dictionary<string, Method> List = new(Sequence) { ["copy"] = static (rt, self, _) => Iteration.ToList(rt, self) };

    private static readonly Dictionary<string, Method> Integer = new()
    {
        ["bit_length"] = static (_, self, _) => BigInteger.Abs(Numbers.ToBig(self)).GetBitLength(),
        ["bit_count"] = static (_, self, _) => (long)FormatSpec.Radix(BigInteger.Abs(Numbers.ToBig(self)), 2).Count('1'),
        ["conjugate"] = static (_, self, _) => Numbers.Normalize(Numbers.ToBig(self)),
        ["as_integer_ratio"] = static (_, self, _) => new PyTuple([Numbers.Normalize(Numbers.ToBig(self)), 1L]),
    };

    private static readonly Dictionary<string, Method> Float = new()
    {
        ["is_integer"] = static (_, self, _) => double.IsFinite((double)self!) && Math.Floor((double)self) == (double)self,
        ["conjugate"] = static (_, self, _) => self,
    };

    private static readonly Dictionary<string, Method> View_ = new()
    {
        ["isdisjoint"] = static (rt, self, a) => !Iteration.Of(rt, a.Bind("isdisjoint", 1, "other")[0]).Any(i => Membership.Contains(rt, self, i)),
    };

    private static readonly Dictionary<string, Method> Bytes = new()
    {
        ["decode"] = static (_, self, _) => Encoding.UTF8.GetString(((PyBytes)self!).Data),
        ["hex"] = static (_, self, _) => Convert.ToHexStringLower(((PyBytes)self!).Data),
    };

    /// <summary>The methods of the type <c>dict</c> itself: its own, and a dict's with that dict as the first argument.</summary>
    private static readonly Dictionary<string, Method> DictType = Dict.ToDictionary(m => m.Key, m => m.Key == "fromkeys" ? m.Value : Unbound(m.Key, m.Value));

    public static Method? Find(object? target, string name) => (target switch
    {
        string or Markup => StringMethods.All,
        PyDict => Dict,
        List<object?> => List,
        PyTuple or PyRange => Sequence,
        bool or long or BigInteger => Integer,
        double => Float,
        PyView { Kind: not ViewKind.Values } => View_,
        PyBytes => Bytes,
        Function { TypeName: "type", Describe: "<class 'dict'>" } => DictType,
        _ => null,
    })?.GetValueOrDefault(name);

    private static Method Unbound(string name, Method method) => (rt, _, a) => a.Positional switch
    {
        [PyDict dict, ..] => method(rt, dict, a.From(1)),
        [var other, ..] => throw JinjaError.Type($"descriptor '{name}' for 'dict' objects doesn't apply to a '{TypeNames.Of(other)}' object"),
        _ => throw JinjaError.Type($"unbound method dict.{name}() needs an argument"),
    };

    private static PyView View(object? self, Arguments arguments, ViewKind kind)
    {
        arguments.Bind("dict method", 0);
        return new PyView((PyDict)self!, kind);
    }

    private static PyDict Copy(Interpreter rt, PyDict dict)
    {
        var copy = new PyDict(rt);
        rt.Charge(dict.Count);
        foreach ((object? key, object? value) in dict.Items) copy.Set(key, value);
        return copy;
    }

    private static PyDict FromKeys(Interpreter rt, Arguments arguments)
    {
        object?[] given = arguments.Bind("fromkeys", 1, "iterable", "value");
        var dict = new PyDict(rt);
        foreach (object? key in Iteration.Of(rt, given[0])) dict.Set(key, given[1].Or(null));
        return dict;
    }

    private static object? IndexOf(Interpreter rt, object? self, Arguments arguments)
    {
        object?[] given = arguments.Bind("index", 1, "value", "start", "stop");
        long length = Iteration.Length(rt, self)!.Value;
        long start = Bound(given[1], 0), stop = Bound(given[2], length), at = 0;
        foreach (object? item in Iteration.Of(rt, self))
        {
            if (at >= start && at < stop && (ReferenceEquals(item, given[0]) || Equality.Equal(rt, item, given[0]))) return at;
            at++;
        }
        throw JinjaError.Value($"{Repr.Of(rt, given[0])} is not in {TypeNames.Of(self)}");

        long Bound(object? value, long otherwise)
        {
            long index = value.Given() ? Numbers.Index(value) : otherwise;
            return index < 0 ? Math.Max(0, index + length) : index;
        }
    }
}
