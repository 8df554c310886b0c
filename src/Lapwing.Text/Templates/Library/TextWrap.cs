using System.Text.RegularExpressions;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The <c>wordwrap</c> filter: Python's <c>textwrap.wrap</c> on each line.</summary>
internal static partial class TextWrap
{
    public static object? Filter(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        long width = Numbers.Index(given[0].Or(79L));
        bool breakLong = Truth.Of(rt, given[1].Or(true)), hyphens = Truth.Of(rt, given[3].Or(true));
        string newline = Str.Require(given[2].Or(null) ?? "\n", "wrapstring");
        if (value is Undefined u) throw u.Fail();
        string text = Str.Require(value, "the value to wrap");
        rt.Charge(text.Length);
        var wrapped = new List<string>();
        foreach (string line in StringMethods.SplitLines(text)) wrapped.Add(string.Join(newline, Wrap(rt, line, width, breakLong, hyphens)));
        string result = string.Join(newline, wrapped);
        rt.CheckSize(result.Length);
        return result;
    }

    private static List<string> Wrap(Interpreter rt, string text, long width, bool breakLong, bool hyphens)
    {
        var chunks = new Stack<string>((hyphens ? Words() : Spaces()).Split(text).Where(c => c.Length > 0).Reverse());
        var lines = new List<string>();
        if (width <= 0) throw JinjaError.Value($"invalid width {width} (must be > 0)");
        while (chunks.Count > 0)
        {
            rt.Step();
            var line = new List<string>();
            long used = 0;
            if (IsBlank(chunks.Peek()) && lines.Count > 0) chunks.Pop();
            while (chunks.Count > 0 && used + CodePoints.Length(chunks.Peek()) <= width)
            {
                used += CodePoints.Length(chunks.Peek());
                line.Add(chunks.Pop());
            }
            if (chunks.Count > 0 && CodePoints.Length(chunks.Peek()) > width)
            {
                if (breakLong)
                {
                    string chunk = chunks.Pop();
                    rt.ChargeText(chunk.Length);
                    int end = (int)(width - used);
                    int hyphen = hyphens ? CodePoints.Slice(chunk, 0, end).LastIndexOf('-') : -1;
                    string head = hyphen > 0 && chunk.AsSpan(0, hyphen).IndexOfAnyExcept('-') >= 0 ? chunk[..(hyphen + 1)] : CodePoints.Slice(chunk, 0, end);
                    line.Add(head);
                    chunks.Push(chunk[head.Length..]);
                }
                else if (line.Count == 0)
                {
                    line.Add(chunks.Pop());
                }
            }
            if (line.Count > 0 && IsBlank(line[^1])) line.RemoveAt(line.Count - 1);
            if (line.Count > 0) lines.Add(string.Concat(line));
        }
        return lines;
    }

    private static bool IsBlank(string text) => text.All(Characters.IsSpace);

    // CPython's textwrap: white space, dashes between words, words that may break after a hyphen between letters.
    [GeneratedRegex("""([\t\n\v\f\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\v\f\r ]+?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])|(?=[\t\n\v\f\r ]|\z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))""", RegexOptions.None, 2000)]
    private static partial Regex Words();

    [GeneratedRegex("""([\t\n\v\f\r ]+)""", RegexOptions.None, 2000)]
    private static partial Regex Spaces();
}
