using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's <c>&lt;</c> and its kin: numbers, strings by code point, lists and tuples item by item; the rest is a TypeError.</summary>
internal static class Ordering
{
    public static bool Less(Interpreter rt, object? a, object? b) => Compare(rt, Comparison.Less, a, b);

    public static bool Compare(Interpreter rt, Comparison op, object? a, object? b)
    {
        rt.Step();
        if (a is Undefined u) throw u.Fail();
        if (b is Undefined v) throw v.Fail();
        if (Numbers.Is(a) && Numbers.Is(b)) return Holds(op, Numbers.Compare(a!, b!));
        if (Str.Is(a, out string x) && Str.Is(b, out string y))
        {
            rt.ChargeText(Math.Min(x.Length, y.Length));
            return Holds(op, CodePoints.Compare(x, y));
        }
        if (a is List<object?> p && b is List<object?> q) return CompareAll(rt, op, p, q);
        if (a is PyTuple s && b is PyTuple t) return CompareAll(rt, op, s.Items, t.Items);
        string sign = op switch { Comparison.Less => "<", Comparison.LessEqual => "<=", Comparison.Greater => ">", _ => ">=" };
        throw JinjaError.Type($"'{sign}' not supported between instances of '{TypeNames.Of(a)}' and '{TypeNames.Of(b)}'");
    }

    private static bool CompareAll(Interpreter rt, Comparison op, IList<object?> p, IList<object?> q)
    {
        for (int i = 0; i < Math.Min(p.Count, q.Count); i++)
        {
            if (!ReferenceEquals(p[i], q[i]) && !Equality.Equal(rt, p[i], q[i])) return Compare(rt, op, p[i], q[i]);
        }
        return Holds(op, p.Count.CompareTo(q.Count));
    }

    // Null stands for "unordered", which NaN is with everything.
    private static bool Holds(Comparison op, int? order) => op switch
    {
        Comparison.Less => order < 0,
        Comparison.LessEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };

    /// <summary>A stable sort that asks only for "less", as Python's; <paramref name="reverse"/> keeps equal items in order too.</summary>
    public static List<T> Sort<T>(Interpreter rt, List<T> items, Func<T, object?> key, bool reverse)
    {
        var keyed = items.ConvertAll(i => (Item: i, Key: key(i))).ToArray();
        var spare = new (T Item, object? Key)[keyed.Length];
        MergeSort(keyed, spare, 0, keyed.Length);
        return [.. keyed.Select(k => k.Item)];

        void MergeSort((T Item, object? Key)[] a, (T Item, object? Key)[] b, int from, int to)
        {
            if (to - from < 2) return;
            int middle = (from + to) / 2;
            MergeSort(a, b, from, middle);
            MergeSort(a, b, middle, to);
            int left = from, right = middle;
            for (int i = from; i < to; i++)
            {
                bool takeRight = left == middle || (right < to && (reverse ? Less(rt, a[left].Key, a[right].Key) : Less(rt, a[right].Key, a[left].Key)));
                b[i] = takeRight ? a[right++] : a[left++];
            }
            Array.Copy(b, from, a, from, to - from);
        }
    }
}
