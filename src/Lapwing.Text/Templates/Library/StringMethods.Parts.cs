using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>Finding, splitting, joining and padding.</summary>
internal static partial class StringMethods
{
    public static string StripText(string text, string? characters, bool left, bool right)
    {
        int from = 0, to = text.Length;
        if (characters is null)
        {
            while (left && from < to && Characters.IsSpace(text[from])) from++;
            while (right && to > from && Characters.IsSpace(text[to - 1])) to--;
            return text[from..to];
        }
        var set = new HashSet<string>(CodePoints.Each(characters));
        while (left && from < to && set.Contains(text.Substring(from, CodePoints.Width(text, from)))) from += CodePoints.Width(text, from);
        while (right && to > from)
        {
            int width = to - 2 >= from && char.IsSurrogatePair(text[to - 2], text[to - 1]) ? 2 : 1;
            if (!set.Contains(text.Substring(to - width, width))) break;
            to -= width;
        }
        return text[from..to];
    }

    private static object Strip(Interpreter rt, object? self, Arguments arguments, bool left, bool right)
    {
        object? characters = arguments.Bind("strip", 0, "chars")[0].Or(null);
        if (characters is not null && !Str.Is(characters)) throw JinjaError.Type("strip arg must be None or str");
        return Str.Like(self, StripText(Text(rt, self), characters is null ? null : Str.Soft(rt, characters), left, right));
    }

    private static List<object?> SplitMethod(Interpreter rt, object? self, Arguments arguments, bool fromRight)
    {
        object?[] given = arguments.Bind(fromRight ? "rsplit" : "split", 0, "sep", "maxsplit");
        string text = Text(rt, self);
        int limit = (int)Math.Clamp(Numbers.Index(given[1].Or(-1L)), -1, int.MaxValue - 1);
        if (given[0].Or(null) is not { } separator) return Wrap(rt, self, fromRight ? SplitSpaceRight(text, limit) : SplitSpace(text, limit));
        string by = Str.Require(separator, "separator");
        if (by.Length == 0) throw JinjaError.Value("empty separator");
        return Wrap(rt, self, fromRight ? SplitRight(text, by, limit) : limit < 0 ? [.. text.Split(by)] : [.. text.Split(by, limit + 1)]);
    }

    public static List<string> SplitRight(string text, string by, int limit)
    {
        var parts = new List<string>();
        int end = text.Length;
        while (limit < 0 || parts.Count < limit)
        {
            int at = end >= by.Length ? text.LastIndexOf(by, end - 1 < 0 ? 0 : end - 1, end, StringComparison.Ordinal) : -1;
            if (at < 0) break;
            parts.Add(text[(at + by.Length)..end]);
            end = at;
        }
        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    public static List<string> SplitSpace(string text, int limit)
    {
        var parts = new List<string>();
        int at = 0;
        while (true)
        {
            while (at < text.Length && Characters.IsSpace(text[at])) at++;
            if (at >= text.Length) return parts;
            int end = at;
            if (limit >= 0 && parts.Count == limit) end = text.Length;
            while (end < text.Length && !Characters.IsSpace(text[end])) end++;
            parts.Add(text[at..end]);
            at = end;
        }
    }

    private static List<string> SplitSpaceRight(string text, int limit)
    {
        var parts = new List<string>();
        int end = text.Length;
        while (true)
        {
            while (end > 0 && Characters.IsSpace(text[end - 1])) end--;
            if (end == 0) break;
            int at = end;
            if (limit >= 0 && parts.Count == limit) at = 0;
            while (at > 0 && !Characters.IsSpace(text[at - 1])) at--;
            parts.Add(text[at..end]);
            end = at;
        }
        parts.Reverse();
        return parts;
    }

    public static List<string> SplitLines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && !Characters.IsLineBreak(text[end])) end++;
            int next = end < text.Length ? end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1) : end;
            lines.Add(text[at..(keepEnds ? next : end)]);
            at = next;
        }
        return lines;
    }

    private static PyTuple Partition(Interpreter rt, object? self, Arguments arguments, bool last)
    {
        string text = Text(rt, self), by = Str.Require(arguments.Bind("partition", 1, "sep")[0], "sep");
        if (by.Length == 0) throw JinjaError.Value("empty separator");
        int at = last ? text.LastIndexOf(by, StringComparison.Ordinal) : text.IndexOf(by, StringComparison.Ordinal);
        string[] parts = at >= 0 ? [text[..at], by, text[(at + by.Length)..]] : last ? ["", "", text] : [text, "", ""];
        return new PyTuple([.. parts.Select(p => (object?)Str.Like(self, p))]);
    }

    private static object? ReplaceMethod(Interpreter rt, object? self, Arguments arguments)
    {
        object?[] given = arguments.Bind("replace", 2, "old", "new", "count");
        string old = Str.Require(given[0], "replace() argument 1");
        Str.Require(given[1], "replace() argument 2");
        string replacement = self is Markup ? Html.Escape(rt, given[1]).Text : Str.Soft(rt, given[1]);
        return Str.Like(self, ReplaceText(rt, Text(rt, self), old, replacement, Numbers.Index(given[2].Or(-1L))));
    }

    public static string ReplaceText(Interpreter rt, string text, string old, string replacement, long count)
    {
        rt.ChargeText(text.Length);
        var result = new StringBuilder();
        int at = 0;
        if (old.Length == 0)
        {
            // An empty string stands before every character and at the end.
            for (; count != 0; count--)
            {
                result.Append(replacement);
                Check();
                if (at >= text.Length) return result.ToString();
                int width = CodePoints.Width(text, at);
                result.Append(text, at, width);
                at += width;
            }
            return result.Append(text, at, text.Length - at).ToString();
        }
        for (; count != 0; count--)
        {
            int next = text.IndexOf(old, at, StringComparison.Ordinal);
            if (next < 0) break;
            result.Append(text, at, next - at).Append(replacement);
            Check();
            at = next + old.Length;
        }
        if (at == 0) return text;
        result.Append(text, at, text.Length - at);
        Check();
        rt.ChargeText(result.Length);
        return result.ToString();

        void Check()
        {
            rt.Step();
            rt.CheckSize(result.Length);
        }
    }

    private static object? JoinMethod(Interpreter rt, object? self, Arguments arguments)
    {
        var text = new StringBuilder();
        string by = Text(rt, self);
        int index = 0;
        foreach (object? item in Iteration.Of(rt, arguments.Bind("join", 1, "iterable")[0], "can only join an iterable"))
        {
            if (index > 0) text.Append(by);
            if (self is not Markup && !Str.Is(item)) throw JinjaError.Type($"sequence item {index}: expected str instance, {TypeNames.Of(item)} found");
            text.Append(self is Markup ? Html.Escape(rt, item).Text : Str.Soft(rt, item));
            rt.CheckSize(text.Length);
            index++;
        }
        rt.ChargeText(text.Length);
        return Str.Like(self, text.ToString());
    }

    // The part of the text between optional start and end, or null where the start lies past the end of the text.
    private static string? Part(string text, object? start, object? end, out int offset)
    {
        offset = 0;
        if (!(start.Given() && start is not null) && !(end.Given() && end is not null)) return text;
        int length = CodePoints.Length(text);
        long from = Bound(start.Or(null), 0), to = Bound(end.Or(null), length);
        if (from > length) return null;
        offset = (int)from;
        return to < from ? null : CodePoints.Slice(text, (int)from, (int)to);

        long Bound(object? value, long otherwise)
        {
            if (value is null) return otherwise;
            long index = Numbers.Index(value);
            return index < 0 ? Math.Max(0, index + length) : Math.Min(index, length + 1L);
        }
    }

    private static object? Affix(Interpreter rt, object? self, Arguments arguments, string name, Func<string, string, bool> holds)
    {
        object?[] given = arguments.Bind(name, 1, name == "startswith" ? "prefix" : "suffix", "start", "end");
        string? part = Part(Text(rt, self), given[1], given[2], out _);
        object?[] affixes = given[0] is PyTuple tuple ? tuple.Items : [given[0]];
        foreach (object? affix in affixes)
        {
            if (!Str.Is(affix, out string text))
                throw JinjaError.Type($"{name} first arg must be str or a tuple of str, not {TypeNames.Of(affix)}");
            if (part is not null && holds(part, text)) return true;
        }
        return false;
    }

    private static object? Find(Interpreter rt, object? self, Arguments arguments, string name, bool last, bool mustExist)
    {
        object?[] given = arguments.Bind(name, 1, "sub", "start", "end");
        string? part = Part(Text(rt, self), given[1], given[2], out int offset);
        string sought = Str.Require(given[0], "sub");
        int at = part is null ? -1 : last ? part.LastIndexOf(sought, StringComparison.Ordinal) : part.IndexOf(sought, StringComparison.Ordinal);
        if (at < 0) return mustExist ? throw JinjaError.Value("substring not found") : -1L;
        return (long)(offset + CodePoints.Length(part.AsSpan(0, at)));
    }

    private static object? Count(Interpreter rt, object? self, Arguments arguments)
    {
        object?[] given = arguments.Bind("count", 1, "sub", "start", "end");
        string? part = Part(Text(rt, self), given[1], given[2], out _);
        string sought = Str.Require(given[0], "sub");
        if (part is null) return 0L;
        return sought.Length == 0 ? CodePoints.Length(part) + 1L : (long)part.AsSpan().Count(sought);
    }

    private static object? RemoveAffix(Interpreter rt, object? self, Arguments arguments, bool prefix)
    {
        string text = Text(rt, self), affix = Str.Require(arguments.Bind("removeprefix", 1, "affix")[0], "affix");
        bool present = prefix ? text.StartsWith(affix, StringComparison.Ordinal) : text.EndsWith(affix, StringComparison.Ordinal);
        return Str.Like(self, !present ? text : prefix ? text[affix.Length..] : text[..^affix.Length]);
    }

    private static object? Pad(Interpreter rt, object? self, Arguments arguments, string name, Func<long, long, long> left)
    {
        object?[] given = arguments.Bind(name, 1, "width", "fillchar");
        string fill = Str.Require(given[1].Or(" "), "the fill character");
        if (CodePoints.Length(fill) != 1) throw JinjaError.Type("The fill character must be exactly one character long");
        if (self is Markup) fill = Html.Escape(rt, given[1].Or(" ")).Text;
        return Str.Like(self, PadText(rt, Text(rt, self), Numbers.Index(given[0]), fill, left));
    }

    private static string PadText(Interpreter rt, string text, long width, string fill, Func<long, long, long> left)
    {
        long missing = width - CodePoints.Length(text);
        if (missing <= 0) return text;
        rt.CheckSize(text.Length + missing);
        rt.ChargeText(missing);
        long before = left(missing, width);
        return new StringBuilder().Insert(0, fill, (int)before).Append(text).Append(new StringBuilder().Insert(0, fill, (int)(missing - before))).ToString();
    }

    public static string Center(Interpreter rt, string text, long width) => PadText(rt, text, width, " ", static (missing, w) => (missing / 2) + (missing & w & 1));

    private static object? ZeroFill(Interpreter rt, object? self, Arguments arguments)
    {
        string text = Text(rt, self);
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        string padded = PadText(rt, text[sign..], Numbers.Index(arguments.Bind("zfill", 1, "width")[0]) - sign, "0", static (missing, _) => missing);
        return Str.Like(self, text[..sign] + padded);
    }

    private static object? ExpandTabs(Interpreter rt, object? self, Arguments arguments)
    {
        long size = Numbers.Index(arguments.Bind("expandtabs", 0, "tabsize")[0].Or(8L));
        var text = new StringBuilder();
        long column = 0;
        foreach (string point in CodePoints.Each(Text(rt, self)))
        {
            if (point == "\t")
            {
                long fill = size > 0 ? size - (column % size) : 0;
                rt.CheckSize(text.Length + fill);
                rt.ChargeText(fill);
                text.Append(' ', (int)fill);
                column += fill;
                continue;
            }
            text.Append(point);
            column = point is "\n" or "\r" ? 0 : column + 1;
        }
        return Str.Like(self, text.ToString());
    }
}
