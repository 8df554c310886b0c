using System.Buffers;
using System.Globalization;
using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

internal static class HtmlFilters
{
    private static readonly SearchValues<char> NotInAttributeNames = SearchValues.Create(" \t\n\r\f\v/>=");

    public static object? Escape(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("escape", 0);
        return Html.Escape(rt, value);
    }

    public static object? ForceEscape(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("forceescape", 0);
        return Html.Escape(rt, Repr.Str(rt, value));
    }

    public static object? Safe(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("safe", 0);
        return value as Markup ?? new Markup(Repr.Str(rt, value));
    }

    public static object? StripTags(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("striptags", 0);
        return Html.StripTags(rt, Repr.Str(rt, value));
    }

    public static object? XmlAttributes(Interpreter rt, object? value, Arguments arguments)
    {
        bool autospace = Truth.Of(rt, arguments.Bind("xmlattr", 0, "autospace")[0].Or(true));
        if (value is Undefined u) throw u.Fail();
        if (value is not PyDict dict) throw new JinjaError(ErrorKind.AttributeError, $"'{TypeNames.Of(value)}' object has no attribute 'items'");
        var parts = new List<string>();
        foreach ((object? key, object? item) in dict.Items)
        {
            if (item is null or Undefined) continue;
            string name = Str.Require(key, "an attribute name");
            if (name.AsSpan().ContainsAny(NotInAttributeNames)) throw JinjaError.Value($"Invalid character in attribute name: {Repr.Quote(name)}");
            parts.Add($"{Html.Escape(rt, key).Text}=\"{Html.Escape(rt, item).Text}\"");
        }
        string text = string.Join(' ', parts);
        if (autospace && text.Length > 0) text = " " + text;
        return rt.AutoEscape ? new Markup(text) : text;
    }

    public static object? UrlEncode(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("urlencode", 0);
        if (Str.Is(value) || !Iteration.Can(value)) return Quote(Repr.Str(rt, value), forQuery: false);
        var pairs = new List<string>();
        foreach (object? item in value is PyDict dict ? Iteration.Of(rt, new PyView(dict, ViewKind.Items)) : Iteration.Of(rt, value))
        {
            List<object?> pair = Iteration.ToList(rt, item);
            if (pair.Count != 2) throw JinjaError.Value(pair.Count < 2 ? $"not enough values to unpack (expected 2, got {pair.Count})" : "too many values to unpack (expected 2)");
            pairs.Add(Quote(Repr.Str(rt, pair[0]), forQuery: true) + "=" + Quote(Repr.Str(rt, pair[1]), forQuery: true));
        }
        string text = string.Join('&', pairs);
        rt.CheckSize(text.Length);
        return text;
    }

    // urllib's quote: unreserved characters stay, "/" stays in paths, "+" stands for a space in queries.
    private static string Quote(string text, bool forQuery)
    {
        var quoted = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !forQuery)) quoted.Append(c);
            else if (c == ' ' && forQuery) quoted.Append('+');
            else quoted.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return quoted.ToString();
    }
}
