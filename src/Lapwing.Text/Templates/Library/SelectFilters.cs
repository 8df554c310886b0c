using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>Reads an attribute path such as <c>"function.name"</c> or <c>"0.id"</c> off each item.</summary>
internal static class AttributeGetter
{
    public static Func<object?, object?> Make(Interpreter rt, object? attribute, bool ignoreCase = false, object? fallback = null)
    {
        object?[] parts = Parts(attribute);
        return item =>
        {
            foreach (object? part in parts)
            {
                item = Lookup.Item(rt, item, part);
                if (fallback is not null && item is Undefined) item = fallback;
            }
            return Fold(item, ignoreCase);
        };
    }

    /// <summary>Several comma-separated paths at once, as a list: what <c>sort</c> compares.</summary>
    public static Func<object?, object?> MakeMany(Interpreter rt, object? attribute, bool ignoreCase)
    {
        object?[][] paths = Str.Is(attribute, out string text) ? [.. text.Split(',').Select(p => Parts(p))] : [Parts(attribute)];
        return item =>
        {
            var values = new List<object?>(paths.Length);
            foreach (object?[] path in paths)
            {
                object? value = item;
                foreach (object? part in path) value = Lookup.Item(rt, value, part);
                values.Add(Fold(value, ignoreCase));
            }
            return values;
        };
    }

    public static object? Fold(object? value, bool ignoreCase) => ignoreCase && Str.Is(value, out string text) ? Str.Like(value, CaseMapping.Lower(text)) : value;

    private static object?[] Parts(object? attribute)
    {
        if (attribute is null) return [];
        if (!Str.Is(attribute, out string text)) return [attribute];
        return [.. text.Split('.').Select(p => p.Length > 0 && p.All(char.IsAsciiDigit) && Numbers.TryParseInteger(p, 10, out object index) ? index : p)];
    }
}

/// <summary>Filters that apply filters, tests or attribute paths to each item.</summary>
internal static class SelectFilters
{
    public static object? Attr(Interpreter rt, object? value, Arguments arguments)
    {
        string name = Str.Require(arguments.Bind("attr", 1, "name")[0], "attribute name");
        if (value is Undefined u) throw u.Fail();
        return Lookup.TryAttribute(rt, value, name, out object? found) ? found : Undefined.Attribute(value, name);
    }

    public static object? Map(Interpreter rt, object? value, Arguments arguments)
    {
        return SequenceFilters.Generator(Run());

        IEnumerable<object?> Run()
        {
            if (!Truth.Of(rt, value)) yield break;
            Func<object?, object?> function = Prepare();
            foreach (object? item in Iteration.Of(rt, value)) yield return function(item);
        }

        Func<object?, object?> Prepare()
        {
            if (arguments.Positional.Count == 0 && arguments.TryKeyword("attribute", out object? attribute))
            {
                foreach ((string key, _) in arguments.Keywords)
                {
                    if (key is not ("attribute" or "default")) throw new JinjaError(ErrorKind.FilterArgumentError, $"Unexpected keyword argument '{key}'");
                }
                arguments.TryKeyword("default", out object? fallback);
                return AttributeGetter.Make(rt, attribute, fallback: fallback);
            }
            if (arguments.Positional.Count == 0) throw new JinjaError(ErrorKind.FilterArgumentError, "map requires a filter argument");
            FilterFunction filter = FilterTable.Get(arguments.Positional[0]);
            Arguments rest = arguments.From(1);
            return item => filter(rt, item, rest);
        }
    }

    public static object? Select(Interpreter rt, object? value, Arguments arguments, bool keep, bool byAttribute)
    {
        return SequenceFilters.Generator(Run());

        IEnumerable<object?> Run()
        {
            if (!Truth.Of(rt, value)) yield break;
            Func<object?, bool> holds = Prepare();
            foreach (object? item in Iteration.Of(rt, value))
            {
                if (holds(item) == keep) yield return item;
            }
        }

        Func<object?, bool> Prepare()
        {
            int offset = byAttribute ? 1 : 0;
            if (arguments.Positional.Count < offset) throw new JinjaError(ErrorKind.FilterArgumentError, "Missing parameter for attribute name");
            Func<object?, object?> get = byAttribute ? AttributeGetter.Make(rt, arguments.Positional[0]) : static item => item;
            if (arguments.Positional.Count == offset) return item => Truth.Of(rt, get(item));
            if (!Str.Is(arguments.Positional[offset], out string name) || TestTable.Find(name) is not { } test)
                throw new JinjaError(ErrorKind.TemplateRuntimeError, $"No test named {Repr.Of(rt, arguments.Positional[offset])} found.");
            Arguments rest = arguments.From(offset + 1);
            return item => test(rt, get(item), rest);
        }
    }

    public static object? GroupBy(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        bool ignoreCase = !Truth.Of(rt, given[2].Or(false));
        Func<object?, object?> key = AttributeGetter.Make(rt, given[0], ignoreCase, given[1].Or(null));
        Func<object?, object?> label = AttributeGetter.Make(rt, given[0], false, given[1].Or(null));
        var groups = new List<object?>();
        List<object?>? group = null;
        object? last = null;
        foreach (object? item in Ordering.Sort(rt, Iteration.ToList(rt, value), key, reverse: false))
        {
            object? k = key(item);
            if (group is null || !Equality.Equal(rt, last, k))
            {
                group = [];
                groups.Add(new PyGroup(label(item), group));
            }
            group.Add(item);
            last = k;
        }
        return groups;
    }

    public static object? Sum(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("sum", 0, "attribute", "start");
        object? total = given[1].Or(0L);
        if (Str.Is(total)) throw JinjaError.Type("sum() can't sum strings [use ''.join(seq) instead]");
        Func<object?, object?> get = AttributeGetter.Make(rt, given[0].Or(null));
        foreach (object? item in Iteration.Of(rt, value)) total = Arithmetic.Add(rt, total, get(item));
        return total;
    }
}
