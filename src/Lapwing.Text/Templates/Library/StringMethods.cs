using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The methods of <c>str</c>.</summary>
internal static partial class StringMethods
{
    public static readonly Dictionary<string, Method> All = new()
    {
        ["upper"] = Simple(CaseMapping.Upper),
        ["lower"] = Simple(CaseMapping.Lower),
        ["capitalize"] = Simple(Capitalize),
        ["title"] = Simple(Title),
        ["swapcase"] = Simple(SwapCase),
        ["casefold"] = Simple(CaseMapping.Fold),
        ["strip"] = (rt, s, a) => Strip(rt, s, a, true, true),
        ["lstrip"] = (rt, s, a) => Strip(rt, s, a, true, false),
        ["rstrip"] = (rt, s, a) => Strip(rt, s, a, false, true),
        ["split"] = (rt, s, a) => SplitMethod(rt, s, a, fromRight: false),
        ["rsplit"] = (rt, s, a) => SplitMethod(rt, s, a, fromRight: true),
        ["splitlines"] = (rt, s, a) => Wrap(rt, s, SplitLines(Text(rt, s), Truth.Of(rt, a.Bind("splitlines", 0, "keepends")[0].Or(false)))),
        ["partition"] = (rt, s, a) => Partition(rt, s, a, last: false),
        ["rpartition"] = (rt, s, a) => Partition(rt, s, a, last: true),
        ["replace"] = ReplaceMethod,
        ["join"] = JoinMethod,
        ["startswith"] = (rt, s, a) => Affix(rt, s, a, "startswith", static (t, p) => t.StartsWith(p, StringComparison.Ordinal)),
        ["endswith"] = (rt, s, a) => Affix(rt, s, a, "endswith", static (t, p) => t.EndsWith(p, StringComparison.Ordinal)),
        ["find"] = (rt, s, a) => Find(rt, s, a, "find", last: false, mustExist: false),
        ["rfind"] = (rt, s, a) => Find(rt, s, a, "rfind", last: true, mustExist: false),
        ["index"] = (rt, s, a) => Find(rt, s, a, "index", last: false, mustExist: true),
        ["rindex"] = (rt, s, a) => Find(rt, s, a, "rindex", last: true, mustExist: true),
        ["count"] = Count,
        ["removeprefix"] = (rt, s, a) => RemoveAffix(rt, s, a, prefix: true),
        ["removesuffix"] = (rt, s, a) => RemoveAffix(rt, s, a, prefix: false),
        ["center"] = (rt, s, a) => Pad(rt, s, a, "center", static (missing, width) => (missing / 2) + (missing & width & 1)),
        ["ljust"] = (rt, s, a) => Pad(rt, s, a, "ljust", static (_, _) => 0),
        ["rjust"] = (rt, s, a) => Pad(rt, s, a, "rjust", static (missing, _) => missing),
        ["zfill"] = ZeroFill,
        ["expandtabs"] = ExpandTabs,
        ["format"] = (rt, s, a) => Str.Like(s, new BraceFormat(rt, a, null, s is Markup).Format(Text(rt, s))),
        ["format_map"] = (rt, s, a) => Str.Like(s, new BraceFormat(rt, Arguments.None, Mapping(a.Bind("format_map", 1, "mapping")[0]), s is Markup).Format(Text(rt, s))),
        ["encode"] = Encode,
        ["translate"] = Translate,
        ["isalpha"] = Every(Characters.IsAlpha),
        ["isdigit"] = Every(Characters.IsDigit),
        ["isdecimal"] = Every(Characters.IsDecimal),
        ["isnumeric"] = Every(Characters.IsNumeric),
        ["isalnum"] = Every(Characters.IsAlnum),
        ["isspace"] = Every(static c => c < 0x10000 && Characters.IsSpace((char)c)),
        ["isprintable"] = (rt, s, _) => Points(Text(rt, s)).All(Characters.IsPrintable),
        ["isascii"] = (rt, s, _) => Ascii.IsValid(Text(rt, s)),
        ["isidentifier"] = (rt, s, _) => IsIdentifier(Text(rt, s)),
        ["isupper"] = (rt, s, _) => IsUpper(Text(rt, s)),
        ["islower"] = (rt, s, _) => IsLower(Text(rt, s)),
        ["istitle"] = (rt, s, _) => IsTitle(Text(rt, s)),
    };

    private static string Text(Interpreter rt, object? self)
    {
        Str.Is(self, out string text);
        rt.ChargeText(text.Length);
        return text;
    }

    private static Method Simple(Func<string, string> map) => (rt, self, arguments) =>
    {
        arguments.Bind("str method", 0);
        return Str.Like(self, map(Text(rt, self)));
    };

    private static Method Every(Func<int, bool> holds) => (rt, self, arguments) =>
    {
        arguments.Bind("str method", 0);
        string text = Text(rt, self);
        return text.Length > 0 && Points(text).All(holds);
    };

    public static IEnumerable<int> Points(string text)
    {
        for (int i = 0; i < text.Length; i += CodePoints.Width(text, i)) yield return Characters.At(text, i);
    }

    private static List<object?> Wrap(Interpreter rt, object? self, List<string> parts)
    {
        rt.Charge(parts.Count);
        return parts.ConvertAll(p => (object?)Str.Like(self, p));
    }

    public static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        int width = CodePoints.Width(text, 0);
        return CaseMapping.Title(text[..width]) + CaseMapping.Lower(text)[CaseMapping.Lower(text[..width]).Length..];
    }

    private static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        string lower = CaseMapping.Lower(text);
        bool inWord = false, sameLength = lower.Length == text.Length;
        for (int i = 0; i < text.Length;)
        {
            int width = CodePoints.Width(text, i);
            int c = Characters.At(text, i);
            string point = text.Substring(i, width);
            title.Append(!inWord ? CaseMapping.Title(point) : sameLength ? lower.Substring(i, width) : CaseMapping.Lower(point));
            inWord = Characters.IsUpper(c) || Characters.IsLower(c) || Characters.IsTitle(c);
            i += width;
        }
        return title.ToString();
    }

    private static string SwapCase(string text)
    {
        var swapped = new StringBuilder(text.Length);
        foreach (string point in CodePoints.Each(text))
        {
            int c = Characters.At(point, 0);
            swapped.Append(Characters.IsUpper(c) ? CaseMapping.Lower(point) : Characters.IsLower(c) ? CaseMapping.Upper(point) : point);
        }
        return swapped.ToString();
    }

    private static bool IsUpper(string text)
    {
        bool cased = false;
        foreach (int c in Points(text))
        {
            if (Characters.IsLower(c) || Characters.IsTitle(c)) return false;
            cased |= Characters.IsUpper(c);
        }
        return cased;
    }

    private static bool IsLower(string text)
    {
        bool cased = false;
        foreach (int c in Points(text))
        {
            if (Characters.IsUpper(c) || Characters.IsTitle(c)) return false;
            cased |= Characters.IsLower(c);
        }
        return cased;
    }

    public static bool IsUpperText(string text) => IsUpper(text);

    public static bool IsLowerText(string text) => IsLower(text);

    private static bool IsTitle(string text)
    {
        bool inWord = false, any = false;
        foreach (int c in Points(text))
        {
            bool upper = Characters.IsUpper(c) || Characters.IsTitle(c), lower = Characters.IsLower(c);
            if ((upper && inWord) || (lower && !inWord)) return false;
            any |= upper || lower;
            inWord = upper || lower;
        }
        return any;
    }

    private static bool IsIdentifier(string text)
    {
        bool first = true;
        foreach (int c in Points(text))
        {
            if (!(c == '_' || Characters.IsAlpha(c) || Characters.IsLetterNumber(c) || (!first && Characters.IsDecimal(c)))) return false;
            first = false;
        }
        return !first;
    }

    private static PyDict Mapping(object? value) => value as PyDict ?? throw JinjaError.Type($"format_map() needs a mapping, not {TypeNames.Of(value)}");

    private static object? Encode(Interpreter rt, object? self, Arguments arguments)
    {
        object?[] given = arguments.Bind("encode", 0, "encoding", "errors");
        string name = Str.Require(given[0].Or("utf-8"), "encoding").Replace('_', '-').ToLowerInvariant();
        string text = Text(rt, self);
        return name switch
        {
            "utf-8" or "utf8" => new PyBytes(Encoding.UTF8.GetBytes(text)),
            "ascii" or "us-ascii" => Ascii.IsValid(text) ? new PyBytes(Encoding.ASCII.GetBytes(text)) : throw new JinjaError(ErrorKind.UnicodeError, "'ascii' codec can't encode character: ordinal not in range(128)"),
            "latin-1" or "latin1" or "iso-8859-1" => text.All(c => c < 256) ? new PyBytes(Encoding.Latin1.GetBytes(text)) : throw new JinjaError(ErrorKind.UnicodeError, "'latin-1' codec can't encode character: ordinal not in range(256)"),
            _ => throw new JinjaError(ErrorKind.ValueError, $"unknown encoding: {name}"),
        };
    }

    private static object? Translate(Interpreter rt, object? self, Arguments arguments)
    {
        if (arguments.Bind("translate", 1, "table")[0] is not PyDict table) throw JinjaError.Type("translate() needs a mapping");
        var text = new StringBuilder();
        foreach (string point in CodePoints.Each(Text(rt, self)))
        {
            rt.Step();
            if (!table.TryGet((long)Characters.At(point, 0), out object? mapped)) text.Append(point);
            else if (Numbers.TryInteger(mapped, out long code)) text.Append(FormatSpec.Character((int)Math.Clamp(code, 0, 0x10ffff)));
            else if (Str.Is(mapped, out string s)) text.Append(s);
            else if (mapped is not null) throw JinjaError.Type("character mapping must return integer, None or str");
            rt.CheckSize(text.Length);
        }
        return Str.Like(self, text.ToString());
    }
}
