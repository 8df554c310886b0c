using System.Text;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Indices and slices of Python sequences.</summary>
internal static class Slicing
{
    public static object? Slice(Interpreter rt, object? value, object? start, object? stop, object? step)
    {
        if (value is Undefined u) throw u.Fail();
        if (value is PyDict) throw JinjaError.Type("unhashable type: 'slice'");
        long length = value is string or Markup or List<object?> or PyTuple or PyRange or PyBytes
            ? Iteration.Length(rt, value)!.Value : throw JinjaError.Type($"'{TypeNames.Of(value)}' object is not subscriptable");
        long by = step is null ? 1 : Bound(step);
        if (by == 0) throw JinjaError.Value("slice step cannot be zero");
        long from = start is null ? (by > 0 ? 0 : length - 1) : Clamp(Bound(start));
        long to = stop is null ? (by > 0 ? length : -1) : Clamp(Bound(stop));
        var chosen = new PyRange(from, to, by);
        if (value is PyRange range) return new PyRange(range[from], range.Start + (to * range.Step), range.Step * by);
        if (Str.Is(value, out string text))
        {
            rt.ChargeText(text.Length);
            return Str.Like(value, by == 1 ? CodePoints.Slice(text, (int)from, (int)to) : Pick(text, chosen));
        }
        rt.Charge(chosen.Count);
        return value switch
        {
            List<object?> list => by == 1 ? list.GetRange((int)from, (int)chosen.Count) : Pick(list, chosen),
            PyTuple tuple => new PyTuple([.. Pick(tuple.Items, chosen)]),
            _ => new PyBytes([.. Pick(((PyBytes)value!).Data, chosen)]),
        };

        long Clamp(long index)
        {
            if (index < 0) index += length;
            return by > 0 ? Math.Clamp(index, 0, length) : Math.Clamp(index, -1, length - 1);
        }
    }

    private static long Bound(object? value)
    {
        if (!Numbers.IsInteger(value)) throw JinjaError.Type("slice indices must be integers or None or have an __index__ method");
        // Bounds beyond any length all mean "the end"; kept far from overflow.
        return (long)System.Numerics.BigInteger.Min(System.Numerics.BigInteger.Max(Numbers.ToBig(value), -(1L << 60)), 1L << 60);
    }

    private static List<T> Pick<T>(IList<T> items, PyRange chosen)
    {
        var picked = new List<T>((int)chosen.Count);
        for (long i = 0; i < chosen.Count; i++) picked.Add(items[(int)chosen[i]]);
        return picked;
    }

    private static string Pick(string text, PyRange chosen)
    {
        var picked = new StringBuilder();
        if (CodePoints.IsPlain(text))
        {
            for (long i = 0; i < chosen.Count; i++) picked.Append(text[(int)chosen[i]]);
            return picked.ToString();
        }
        string[] points = [.. CodePoints.Each(text)];
        for (long i = 0; i < chosen.Count; i++) picked.Append(points[chosen[i]]);
        return picked.ToString();
    }

    /// <summary>One element; false where the index is beyond the ends.</summary>
    public static bool TryIndex(Interpreter rt, object? value, long index, out object? item)
    {
        item = null;
        long length = Iteration.Length(rt, value) ?? 0;
        if (index < 0) index += length;
        if (index < 0 || index >= length) return false;
        item = value switch
        {
            List<object?> list => list[(int)index],
            PyTuple tuple => tuple.Items[index],
            PyRange range => range[index],
            PyBytes bytes => (long)bytes.Data[index],
            _ => Str.Is(value, out string text) ? Str.Like(value, CodePoints.Slice(text, (int)index, (int)index + 1)) : null,
        };
        return true;
    }
}
