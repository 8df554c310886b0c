namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's <c>==</c>: numbers by value across types, containers by content, everything else by identity.</summary>
internal static class Equality
{
    public static bool Equal(Interpreter rt, object? a, object? b)
    {
        rt.Step();
        if (a is Undefined || b is Undefined) return a is Undefined && b is Undefined;
        if (ReferenceEquals(a, b)) return a is not double d || !double.IsNaN(d);
        if (a is null || b is null) return false;
        if (Str.Is(a, out string x)) return Str.Is(b, out string y) && EqualText(rt, x, y);
        if (Numbers.Is(a)) return Numbers.Is(b) && Numbers.Compare(a, b) == 0;
        return (a, b) switch
        {
            (List<object?> p, List<object?> q) => p.Count == q.Count && EqualAll(rt, p, q),
            (PyTuple p, PyTuple q) => p.Items.Length == q.Items.Length && EqualAll(rt, p.Items, q.Items),
            (PyDict p, PyDict q) => p.Count == q.Count && EqualDicts(rt, p, q),
            (PyRange p, PyRange q) => p.Count == q.Count && (p.Count == 0 || (p.Start == q.Start && (p.Count == 1 || p.Step == q.Step))),
            (PyBytes p, PyBytes q) => p.Data.AsSpan().SequenceEqual(q.Data),
            (PyView { Kind: not ViewKind.Values } p, PyView { Kind: not ViewKind.Values } q) =>
                p.Dict.Count == q.Dict.Count && p.Elements.All(e => Membership.Contains(rt, q, e)),
            (BoundMethod p, BoundMethod q) => p.SameAs(q),
            _ => false,
        };
    }

    private static bool EqualText(Interpreter rt, string x, string y)
    {
        if (x.Length != y.Length) return false;
        rt.ChargeText(x.Length);
        return string.Equals(x, y, StringComparison.Ordinal);
    }

    private static bool EqualAll(Interpreter rt, IList<object?> p, IList<object?> q)
    {
        for (int i = 0; i < p.Count; i++)
        {
            // Python asks for identity first inside containers: a NaN equals itself there.
            if (!ReferenceEquals(p[i], q[i]) && !Equal(rt, p[i], q[i])) return false;
        }
        return true;
    }

    private static bool EqualDicts(Interpreter rt, PyDict p, PyDict q)
    {
        foreach ((object? key, object? value) in p.Items)
        {
            if (!q.TryGet(key, out object? other) || !Equal(rt, value, other)) return false;
        }
        return true;
    }

    /// <summary><c>is</c>: the same object. Small integers and equal short constants are one object in CPython.</summary>
    public static bool Same(object? a, object? b) => (a, b) switch
    {
        (bool x, bool y) => x == y,
        (long x, long y) => x == y && x is >= -5 and <= 256,
        (string x, string y) => x == y,
        (PyTuple { Items.Length: 0 }, PyTuple { Items.Length: 0 }) => true,
        _ => ReferenceEquals(a, b),
    };
}

/// <summary>Hash and equality of dict keys; what Python cannot hash is refused.</summary>
internal sealed class KeyComparer(Interpreter rt) : IEqualityComparer<object>
{
    public new bool Equals(object? x, object? y) => x is string a && y is string b ? a == b : Equality.Equal(rt, x, y);

    public int GetHashCode(object value)
    {
        switch (value)
        {
            case string s: return s.GetHashCode();
            case Markup m: return m.Text.GetHashCode();
            case Undefined: return 1;
            case PyTuple tuple:
                rt.Step();
                var hash = new HashCode();
                foreach (object? item in tuple.Items) hash.Add(item is null ? 0 : GetHashCode(item));
                return hash.ToHashCode();
            case List<object?> or PyDict or PyView { Kind: not ViewKind.Values }: throw JinjaError.Type($"unhashable type: '{TypeNames.Of(value)}'");
            case PyRange range: return range.Count.GetHashCode();
            case PyBytes bytes: return bytes.Data.Length;
            default: return Numbers.Is(value) ? Numbers.Hash(value) : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value);
        }
    }
}
