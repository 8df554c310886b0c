namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's iteration protocol.</summary>
internal static class Iteration
{
    public static bool Can(object? value) => value is string or Markup or List<object?> or PyTuple or PyDict or PyRange or PyView or PyIterator or PyBytes or Undefined or LoopContext;

    /// <summary>The elements, each costing a step; {0} in <paramref name="error"/> is the type's name.</summary>
    /// <exception cref="JinjaError">The value cannot be iterated.</exception>
    public static IEnumerable<object?> Of(Interpreter rt, object? value, string error = "'{0}' object is not iterable")
    {
        IEnumerable<object?> source = value switch
        {
            string s => CodePoints.Each(s),
            Markup m => CodePoints.Each(m.Text),
            List<object?> list => list,
            PyTuple tuple => tuple.Items,
            PyDict dict => dict.Keys,
            PyRange range => Range(range),
            PyView view => view.Elements,
            PyIterator iterator => iterator,
            PyBytes bytes => bytes.Data.Select(b => (object?)(long)b),
            LoopContext loop => loop.Pairs(),
            Undefined => [],
            _ => throw JinjaError.Type(string.Format(System.Globalization.CultureInfo.InvariantCulture, error, TypeNames.Of(value))),
        };
        return Counted(rt, source);
    }

    private static IEnumerable<object?> Counted(Interpreter rt, IEnumerable<object?> source)
    {
        foreach (object? item in source)
        {
            rt.Step();
            yield return item;
        }
    }

    private static IEnumerable<object?> Range(PyRange range)
    {
        for (long i = 0; i < range.Count; i++) yield return range[i];
    }

    /// <exception cref="JinjaError">The value cannot be iterated.</exception>
    public static List<object?> ToList(Interpreter rt, object? value) => [.. Of(rt, value)];

    /// <summary><c>reversed()</c>; null where Python has none.</summary>
    public static IEnumerable<object?>? Reversed(Interpreter rt, object? value)
    {
        if (value is PyRange range) return Of(rt, new PyRange(range.Start + ((range.Count - 1) * range.Step), range.Start - range.Step, -range.Step));
        if (!(value is string or Markup or List<object?> or PyTuple or PyDict or PyView or Undefined or PyBytes)) return null;
        List<object?> items = ToList(rt, value);
        items.Reverse();
        return items;
    }

    private static long TextLength(Interpreter rt, string text)
    {
        rt.ChargeText(text.Length);
        return CodePoints.Length(text);
    }

    /// <summary><c>len()</c>; null where Python has none.</summary>
    public static long? Length(Interpreter rt, object? value) => value switch
    {
        string s => TextLength(rt, s),
        Markup m => TextLength(rt, m.Text),
        List<object?> list => list.Count,
        PyTuple tuple => tuple.Items.Length,
        PyDict dict => dict.Count,
        PyRange range => range.Count,
        PyView view => view.Dict.Count,
        PyBytes bytes => bytes.Data.Length,
        Undefined => 0,
        LoopContext loop => loop.Length(rt),
        _ => null,
    };
}

/// <summary>Python's <c>in</c>.</summary>
internal static class Membership
{
    public static bool Contains(Interpreter rt, object? container, object? value)
    {
        if (Str.Is(container, out string text))
        {
            if (!Str.Is(value, out string part)) throw JinjaError.Type($"'in <string>' requires string as left operand, not {TypeNames.Of(value)}");
            rt.ChargeText(text.Length);
            return text.Contains(part, StringComparison.Ordinal);
        }
        switch (container)
        {
            case PyDict dict: return dict.TryGet(value, out _);
            case PyView { Kind: ViewKind.Keys } view: return view.Dict.TryGet(value, out _);
            case PyView { Kind: ViewKind.Items } view:
                return value is PyTuple { Items: [var key, var expected] } && view.Dict.TryGet(key, out object? actual) && Equality.Equal(rt, actual, expected);
            case PyRange range when Numbers.TryInteger(value, out long i):
                return range.Step > 0 ? i >= range.Start && i < range.Stop && (i - range.Start) % range.Step == 0
                    : i <= range.Start && i > range.Stop && (range.Start - i) % -range.Step == 0;
        }
        foreach (object? item in Iteration.Of(rt, container, "argument of type '{0}' is not iterable"))
        {
            if ((ReferenceEquals(item, value) && item is not Undefined) || Equality.Equal(rt, item, value)) return true;
        }
        return false;
    }
}
