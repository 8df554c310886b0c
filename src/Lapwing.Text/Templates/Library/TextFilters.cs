using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

internal static class TextFilters
{
    public static FilterFunction Simple(string name, Func<string, string> map) => (rt, value, arguments) =>
    {
        arguments.Bind(name, 0);
        string text = Str.Soft(rt, value);
        rt.ChargeText(text.Length);
        return name == "title" ? map(text) : Str.Like(value, map(text));
    };

    /// <summary>The filter's own idea of a word, which <c>str.title</c> does not share: it begins after space, hyphen or an opening bracket.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && !IsBreak(text[end])) end++;
            if (end > at)
            {
                int width = CodePoints.Width(text, at);
                title.Append(CaseMapping.Upper(text.Substring(at, width))).Append(CaseMapping.Lower(text[(at + width)..end]));
            }
            for (at = end; at < text.Length && IsBreak(text[at]); at++) title.Append(text[at]);
        }
        return title.ToString();

        static bool IsBreak(char c) => c is '-' or '(' or '{' or '[' or '<' || Characters.IsSpace(c);
    }

    public static object? Center(Interpreter rt, object? value, Arguments arguments) =>
        Str.Like(value, StringMethods.Center(rt, Str.Soft(rt, value), Numbers.Index(arguments.Bind("center", 0, "width")[0].Or(80L))));

    public static object? Format(Interpreter rt, object? value, Arguments arguments)
    {
        if (arguments.Positional.Count > 0 && arguments.Keywords.Count > 0)
            throw new JinjaError(ErrorKind.FilterArgumentError, "can't handle positional and keyword arguments at the same time");
        object values = new PyTuple([.. arguments.Positional]);
        if (arguments.Keywords.Count > 0)
        {
            var dict = new PyDict(rt);
            foreach ((string key, object? given) in arguments.Keywords) dict.Set(key, given);
            values = dict;
        }
        return Str.Like(value, PercentFormat.Format(rt, Str.Soft(rt, value), values, value is Markup));
    }

    public static object? Indent(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("indent", 0, "width", "first", "blank");
        string indention;
        if (Str.Is(given[0].Or(4L), out string text)) indention = text;
        else
        {
            long width = Math.Max(0, Numbers.Index(given[0].Or(4L)));
            rt.CheckSize(width);
            indention = new string(' ', (int)width);
        }
        if (value is Undefined u) throw u.Fail();
        string source = Str.Require(value, "the value to indent");
        List<string> lines = StringMethods.SplitLines(source + "\n");
        rt.CheckSize(source.Length + ((long)indention.Length * lines.Count));
        bool blank = Truth.Of(rt, given[2].Or(false));
        var result = new StringBuilder(Truth.Of(rt, given[1].Or(false)) ? indention : "").Append(lines[0]);
        foreach (string line in lines.Skip(1)) result.Append('\n').Append(blank || line.Length > 0 ? indention : "").Append(line);
        rt.ChargeText(result.Length);
        return Str.Like(value, result.ToString());
    }

    public static object? Replace(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("replace", 2, "old", "new", "count");
        long count = given[2].Or(null) is { } n ? Numbers.Index(n) : -1;
        if (!rt.AutoEscape) return StringMethods.ReplaceText(rt, Repr.Str(rt, value), Repr.Str(rt, given[0]), Repr.Str(rt, given[1]), count);
        object source = given[0] is Markup || (given[1] is Markup && value is not Markup) ? Html.Escape(rt, value) : Str.Like(value, Str.Soft(rt, value));
        string replacement = source is Markup ? Html.Escape(rt, given[1]).Text : Str.Soft(rt, given[1]);
        Str.Is(source, out string text);
        return Str.Like(source, StringMethods.ReplaceText(rt, text, Str.Soft(rt, given[0]), replacement, count));
    }

    public static object? String(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("string", 0);
        return Str.Is(value) ? value : Repr.Str(rt, value);
    }

    public static object? Trim(Interpreter rt, object? value, Arguments arguments)
    {
        object? characters = arguments.Bind("trim", 0, "chars")[0].Or(null);
        string text = Str.Soft(rt, value);
        rt.ChargeText(text.Length);
        return Str.Like(value, StringMethods.StripText(text, characters is null ? null : Str.Require(characters, "strip arg"), true, true));
    }

    public static object? Truncate(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        long length = Numbers.Index(given[0].Or(255L));
        string end = Str.Require(given[2].Or("..."), "end");
        long leeway = given[3].Or(null) is { } l ? Numbers.Index(l) : 5;
        int endLength = CodePoints.Length(end);
        if (length < endLength) throw new JinjaError(ErrorKind.AssertionError, $"expected length >= {endLength}, got {length}");
        if (leeway < 0) throw new JinjaError(ErrorKind.AssertionError, $"expected leeway >= 0, got {leeway}");
        if (Iteration.Length(rt, value) is not { } size) throw JinjaError.Type($"object of type '{TypeNames.Of(value)}' has no len()");
        if (size <= length + leeway) return value;
        string text = Str.Require(value, "the value to truncate");
        rt.ChargeText(text.Length);
        string head = CodePoints.Slice(text, 0, (int)(length - endLength));
        if (!Truth.Of(rt, given[1].Or(false))) head = StringMethods.SplitRight(head, " ", 1)[0];
        return value is Markup ? new Markup(head + Html.Escape(rt, given[2].Or("...")).Text) : head + end;
    }

    public static object? WordCount(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("wordcount", 0);
        string text = Str.Soft(rt, value);
        rt.Charge(text.Length >> 2);
        long words = 0;
        bool inWord = false;
        for (int i = 0; i < text.Length; i += CodePoints.Width(text, i))
        {
            bool word = Characters.IsWord(text, i);
            if (word && !inWord) words++;
            inWord = word;
        }
        return words;
    }
}
