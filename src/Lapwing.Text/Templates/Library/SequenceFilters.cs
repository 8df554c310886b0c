using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

internal static class SequenceFilters
{
    public static object? Length(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("length", 0);
        return Iteration.Length(rt, value) ?? throw JinjaError.Type($"object of type '{TypeNames.Of(value)}' has no len()");
    }

    public static object? Default(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("default", 0, "default_value", "boolean");
        return value is Undefined || (Truth.Of(rt, given[1].Or(false)) && !Truth.Of(rt, value)) ? given[0].Or("") : value;
    }

    public static object? First(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("first", 0);
        foreach (object? item in Iteration.Of(rt, value)) return item;
        return Undefined.Hint("No first item, sequence was empty.");
    }

    public static object? Last(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("last", 0);
        if (value is List<object?> { Count: > 0 } list) return list[^1];
        foreach (object? item in Iteration.Reversed(rt, value) ?? throw JinjaError.Type($"'{TypeNames.Of(value)}' object is not reversible")) return item;
        return Undefined.Hint("No last item, sequence was empty.");
    }

    public static object? List(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("list", 0);
        return Iteration.ToList(rt, value);
    }

    public static object? Items(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("items", 0);
        return Generator(Run());

        IEnumerable<object?> Run()
        {
            if (value is Undefined) yield break;
            if (value is not PyDict dict) throw JinjaError.Type("Can only get item pairs from a mapping.");
            foreach ((object? key, object? item) in dict.Items) yield return new PyTuple([key, item]);
        }
    }

    public static object? Reverse(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("reverse", 0);
        if (Str.Is(value)) return Slicing.Slice(rt, value, null, null, -1L);
        if (Iteration.Reversed(rt, value) is { } reversed) return new PyIterator(reversed.GetEnumerator(), "reversed");
        if (!Iteration.Can(value)) throw new JinjaError(ErrorKind.FilterArgumentError, "argument must be iterable");
        List<object?> items = Iteration.ToList(rt, value);
        items.Reverse();
        return items;
    }

    public static object? Join(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("join", 0, "d", "attribute");
        object? separator = given[0].Or("");
        IEnumerable<object?> items = Iteration.Of(rt, value);
        if (given[1].Or(null) is { } attribute)
        {
            Func<object?, object?> get = AttributeGetter.Make(rt, attribute);
            items = items.Select(get);
        }
        bool markup = false;
        if (rt.AutoEscape)
        {
            List<object?> all = [.. items];
            markup = separator is Markup || all.Exists(i => i is Markup);
            items = all;
        }
        string by = markup ? Html.Escape(rt, separator).Text : Repr.Str(rt, separator);
        var text = new StringBuilder();
        bool first = true;
        foreach (object? item in items)
        {
            if (!first) text.Append(by);
            first = false;
            text.Append(markup ? Html.Escape(rt, item).Text : Repr.Str(rt, item));
            rt.CheckSize(text.Length);
        }
        rt.ChargeText(text.Length);
        return markup ? new Markup(text.ToString()) : text.ToString();
    }

    public static object? Sort(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        Func<object?, object?> key = AttributeGetter.MakeMany(rt, given[2].Or(null), ignoreCase: !Truth.Of(rt, given[1].Or(false)));
        return Ordering.Sort(rt, Iteration.ToList(rt, value), key, Truth.Of(rt, given[0].Or(false)));
    }

    public static object? DictSort(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        string by = Repr.Str(rt, given[1].Or("key"));
        if (by is not ("key" or "value")) throw new JinjaError(ErrorKind.FilterArgumentError, "You can only sort by either \"key\" or \"value\"");
        if (value is Undefined u) throw u.Fail();
        if (value is not PyDict dict) throw new JinjaError(ErrorKind.AttributeError, $"'{TypeNames.Of(value)}' object has no attribute 'items'");
        bool ignoreCase = !Truth.Of(rt, given[0].Or(false));
        List<(object? Key, object? Value)> items = [.. dict.Items];
        items = Ordering.Sort(rt, items, i => AttributeGetter.Fold(by == "key" ? i.Key : i.Value, ignoreCase), Truth.Of(rt, given[2].Or(false)));
        return items.ConvertAll(i => (object?)new PyTuple([i.Key, i.Value]));
    }

    public static object? Unique(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        Func<object?, object?> key = AttributeGetter.Make(rt, given[1].Or(null), ignoreCase: !Truth.Of(rt, given[0].Or(false)));
        return Generator(Run());

        IEnumerable<object?> Run()
        {
            var seen = new PyDict(rt);
            foreach (object? item in Iteration.Of(rt, value))
            {
                object? k = key(item);
                if (seen.TryGet(k, out _)) continue;
                seen.Set(k, null);
                yield return item;
            }
        }
    }

    public static object? Extreme(Interpreter rt, object? value, Arguments arguments, bool greatest)
    {
        object?[] given = arguments.Bind(greatest ? "max" : "min", 0, "case_sensitive", "attribute");
        Func<object?, object?> key = AttributeGetter.Make(rt, given[1].Or(null), ignoreCase: !Truth.Of(rt, given[0].Or(false)));
        object? best = Missing.Value, bestKey = null;
        foreach (object? item in Iteration.Of(rt, value))
        {
            object? k = key(item);
            if (best.Given() && !(greatest ? Ordering.Less(rt, bestKey, k) : Ordering.Less(rt, k, bestKey))) continue;
            (best, bestKey) = (item, k);
        }
        return best.Or(Undefined.Hint("No aggregated item, sequence was empty."));
    }

    public static object? Batch(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("batch", 1, "linecount", "fill_with");
        return Generator(Run());

        IEnumerable<object?> Run()
        {
            List<object?> row = [];
            foreach (object? item in Iteration.Of(rt, value))
            {
                if (Equality.Equal(rt, (long)row.Count, given[0]))
                {
                    yield return row;
                    row = [];
                }
                row.Add(item);
            }
            if (row.Count == 0) yield break;
            if (given[1].Or(null) is { } fill)
            {
                for (long missing = Numbers.Index(given[0]) - row.Count; missing > 0; missing--)
                {
                    rt.Step();
                    row.Add(fill);
                }
            }
            yield return row;
        }
    }

    public static object? Slice(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("slice", 1, "slices", "fill_with");
        return Generator(Run());

        IEnumerable<object?> Run()
        {
            List<object?> items = Iteration.ToList(rt, value);
            long slices = Numbers.Index(given[0]);
            if (slices == 0) throw new JinjaError(ErrorKind.ZeroDivisionError, "integer division or modulo by zero");
            int offset = 0;
            for (long i = 0; i < slices; i++)
            {
                rt.Step();
                int each = (int)(items.Count / slices), start = offset + (int)(i * each);
                bool extra = i < items.Count % slices;
                if (extra) offset++;
                int end = offset + (int)((i + 1) * each);
                List<object?> row = items.GetRange(start, end - start);
                if (given[1].Or(null) is { } fill && !extra) row.Add(fill);
                yield return row;
            }
        }
    }

    public static PyIterator Generator(IEnumerable<object?> items) => new(items.GetEnumerator(), "generator");
}
