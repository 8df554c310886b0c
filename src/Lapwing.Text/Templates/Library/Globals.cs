using System.Globalization;
using System.Numerics;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The functions every template can call: Jinja's, and the two that Transformers adds.</summary>
internal static class Globals
{
    // Jinja's sandbox allows no longer range.
    private const long MaxRange = 100000;

    private static readonly Dictionary<string, Function> Functions = new Function[]
    {
        new("range", Range), new("dict", Dict, "type"), new("jinja2.utils.Namespace", MakeNamespace, "type"), new("jinja2.utils.Cycler", MakeCycler, "type"),
        new("jinja2.utils.Joiner", static (_, a) => new Joiner(a.Bind("joiner", 0, "sep")[0].Or(", ")), "type"),
        new("lipsum", static (_, _) => throw new JinjaError(ErrorKind.SecurityError, "lipsum() is random text, and a template must render the same every time")),
        new("raise_exception", static (rt, a) => throw new JinjaError(ErrorKind.TemplateError, Repr.Str(rt, a.Bind("raise_exception", 1, "message")[0]))),
        new("strftime_now", static (rt, a) => Strftime.Format(rt, Str.Require(a.Bind("strftime_now", 1, "format")[0], "strftime() argument 1"))),
    }.ToDictionary(f => f.Name.Split('.')[^1].ToLowerInvariant());

    public static bool TryGet(Interpreter rt, string name, out object? value)
    {
        value = name == "self" ? SelfReference.Instance : Functions.GetValueOrDefault(name);
        return value is not null;
    }

    private static object? Range(Interpreter rt, Arguments arguments)
    {
        if (arguments.Keywords.Count > 0) throw JinjaError.Type("range() takes no keyword arguments");
        var given = arguments.Positional;
        if (given.Count is 0 or > 3) throw JinjaError.Type($"range expected {(given.Count == 0 ? "at least 1 argument" : "at most 3 arguments")}, got {given.Count}");
        long start = given.Count == 1 ? 0 : Numbers.Index(given[0]);
        long stop = Numbers.Index(given[given.Count == 1 ? 0 : 1]);
        long step = given.Count == 3 ? Numbers.Index(given[2]) : 1;
        if (step == 0) throw JinjaError.Value("range() arg 3 must not be zero");
        BigInteger span = step > 0 ? (BigInteger)stop - start : (BigInteger)start - stop;
        if (span / BigInteger.Abs(step) > MaxRange || new PyRange(start, stop, step).Count > MaxRange)
            throw new JinjaError(ErrorKind.OverflowError, $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).");
        return new PyRange(start, stop, step);
    }

    private static PyDict Dict(Interpreter rt, Arguments arguments)
    {
        if (arguments.Positional.Count > 1) throw JinjaError.Type($"dict expected at most 1 argument, got {arguments.Positional.Count}");
        var dict = new PyDict(rt);
        if (arguments.Positional.Count == 1) Fill(rt, dict.Set, arguments.Positional[0]);
        foreach ((string key, object? value) in arguments.Keywords) dict.Set(key, value);
        return dict;
    }

    private static Namespace MakeNamespace(Interpreter rt, Arguments arguments)
    {
        if (arguments.Positional.Count > 1) throw JinjaError.Type($"namespace expected at most 1 argument, got {arguments.Positional.Count}");
        var ns = new Namespace();
        if (arguments.Positional.Count == 1) Fill(rt, (key, value) => ns.Set(Repr.Str(rt, key), value), arguments.Positional[0]);
        foreach ((string key, object? value) in arguments.Keywords) ns.Set(key, value);
        return ns;
    }

    private static void Fill(Interpreter rt, Action<object?, object?> set, object? source)
    {
        if (source is PyDict from)
        {
            rt.Charge(from.Count);
            foreach ((object? key, object? value) in from.Items) set(key, value);
            return;
        }
        long index = 0;
        foreach (object? item in Iteration.Of(rt, source))
        {
            List<object?> pair = Iteration.Can(item) ? Iteration.ToList(rt, item)
                : throw JinjaError.Type($"cannot convert dictionary update sequence element #{index} to a sequence");
            if (pair.Count != 2) throw JinjaError.Value($"dictionary update sequence element #{index} has length {pair.Count}; 2 is required");
            set(pair[0], pair[1]);
            index++;
        }
    }

    private static Cycler MakeCycler(Interpreter rt, Arguments arguments) => arguments.Positional.Count > 0
        ? new Cycler(arguments.Positional) : throw new JinjaError(ErrorKind.TemplateRuntimeError, "at least one item has to be provided");
}

/// <summary>C's <c>strftime</c> in the C locale, with glibc's flags (<c>%-d</c>), for Transformers' <c>strftime_now</c>.</summary>
internal static class Strftime
{
    public static string Format(Interpreter rt, string format)
    {
        DateTime now = rt.Now.DateTime;
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            int start = i++;
            char flag = '\0';
            while (i < format.Length - 1 && format[i] is '-' or '_' or '0' or '^' or '#') flag = format[i++];
            string? piece = Directive(now, format[i], flag);
            text.Append(piece is null ? format[start..(i + 1)] : flag == '^' ? piece.ToUpperInvariant() : piece);
            rt.CheckSize(text.Length);
        }
        return text.ToString();
    }

    private static string? Directive(DateTime t, char c, char flag)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        (int isoYear, int isoWeek) = (ISOWeek.GetYear(t), ISOWeek.GetWeekOfYear(t));
        int hour12 = t.Hour % 12 == 0 ? 12 : t.Hour % 12;
        return c switch
        {
            'a' => t.ToString("ddd", culture), 'A' => t.ToString("dddd", culture),
            'b' or 'h' => t.ToString("MMM", culture), 'B' => t.ToString("MMMM", culture),
            'c' => $"{t.ToString("ddd MMM", culture)} {t.Day,2} {t.ToString("HH:mm:ss yyyy", culture)}",
            'C' => Pad(t.Year / 100, 2), 'd' => Pad(t.Day, 2), 'D' or 'x' => t.ToString("MM/dd/yy", culture), 'e' => Pad(t.Day, 2, ' '),
            'F' => t.ToString("yyyy-MM-dd", culture), 'f' => t.ToString("ffffff", culture), 'g' => Pad(isoYear % 100, 2), 'G' => isoYear.ToString(culture),
            'H' => Pad(t.Hour, 2), 'I' => Pad(hour12, 2), 'j' => Pad(t.DayOfYear, 3), 'k' => Pad(t.Hour, 2, ' '), 'l' => Pad(hour12, 2, ' '),
            'm' => Pad(t.Month, 2), 'M' => Pad(t.Minute, 2), 'n' => "\n", 't' => "\t", '%' => "%",
            'p' => flag == '#' ? (t.Hour < 12 ? "am" : "pm") : t.Hour < 12 ? "AM" : "PM", 'P' => t.Hour < 12 ? "am" : "pm",
            'r' => t.ToString("hh:mm:ss ", culture) + (t.Hour < 12 ? "AM" : "PM"), 'R' => t.ToString("HH:mm", culture),
            'S' => Pad(t.Second, 2), 's' => new DateTimeOffset(t, TimeSpan.Zero).ToUnixTimeSeconds().ToString(culture), 'T' or 'X' => t.ToString("HH:mm:ss", culture),
            'u' => (t.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)t.DayOfWeek).ToString(culture), 'w' => ((int)t.DayOfWeek).ToString(culture),
            'U' => Pad((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7, 2), 'W' => Pad((t.DayOfYear + 6 - (((int)t.DayOfWeek + 6) % 7)) / 7, 2), 'V' => Pad(isoWeek, 2),
            'y' => Pad(t.Year % 100, 2), 'Y' => t.Year.ToString(culture),
            'z' or 'Z' => "", // datetime.now() knows no time zone
            _ => null,
        };

        string Pad(int value, int width, char with = '0') => flag switch
        {
            '-' => value.ToString(culture),
            '_' => value.ToString(culture).PadLeft(width),
            '0' => value.ToString(culture).PadLeft(width, '0'),
            _ => value.ToString(culture).PadLeft(width, with),
        };
    }
}
