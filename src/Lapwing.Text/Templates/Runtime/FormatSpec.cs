using System.Globalization;
using System.Numerics;
using System.Text;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's format mini-language, as <c>"{:&gt;10,.2f}".format(x)</c> uses it.</summary>
internal sealed record FormatSpec(string Fill, char Align, char Sign, bool Alternate, bool ZeroPad, long Width, char Grouping, int Precision, char Type)
{
    public static FormatSpec Parse(string spec)
    {
        int at = 0;
        string fill = " ";
        char align = '\0';
        int fillWidth = spec.Length > 0 ? CodePoints.Width(spec, 0) : 0;
        if (spec.Length > fillWidth && spec[fillWidth] is '<' or '>' or '=' or '^')
        {
            (fill, align) = (spec[..fillWidth], spec[fillWidth]);
            at = fillWidth + 1;
        }
        else if (spec.Length > 0 && spec[0] is '<' or '>' or '=' or '^')
        {
            align = spec[0];
            at = 1;
        }
        char sign = Take("+- ");
        bool z = Take("z") != '\0';
        bool alternate = Take("#") != '\0';
        bool zero = false;
        if (at < spec.Length && spec[at] == '0' && align == '\0')
        {
            zero = true;
            (fill, align) = ("0", '=');
            at++;
        }
        long width = Number();
        char grouping = Take(",_");
        int precision = -1;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            long digits = Number();
            if (digits < 0) throw JinjaError.Value("Format specifier missing precision");
            precision = (int)Math.Min(digits, int.MaxValue);
        }
        char type = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length || z) throw JinjaError.Value($"Invalid format specifier '{spec}'");
        return new FormatSpec(fill, align, sign, alternate, zero, width, grouping, precision, type);

        char Take(string any) => at < spec.Length && any.Contains(spec[at]) ? spec[at++] : '\0';

        long Number()
        {
            int start = at;
            while (at < spec.Length && char.IsAsciiDigit(spec[at])) at++;
            if (start == at) return -1;
            return long.TryParse(spec.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n <= int.MaxValue
                ? n : throw JinjaError.Value("Too many decimal digits in format string");
        }
    }

    /// <summary><c>format(value, spec)</c>.</summary>
    public static string Format(Interpreter rt, object? value, string spec)
    {
        if (spec.Length == 0) return Repr.Str(rt, value);
        if (value is not (string or Markup or bool or long or BigInteger or double))
            throw JinjaError.Type($"unsupported format string passed to {TypeNames.Of(value)}.__format__");
        FormatSpec parsed = Parse(spec);
        rt.CheckSize(Math.Max(parsed.Width, parsed.Precision));
        rt.ChargeText(Math.Max(parsed.Width, parsed.Precision));
        if (Str.Is(value, out string text)) return parsed.OfText(text);
        if (value is double d) return parsed.OfFloat(d);
        if (parsed.Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%') return parsed.OfFloat(Numbers.ToDouble(value));
        return parsed.OfInteger(Numbers.ToBig(value));
    }

    private string OfText(string text)
    {
        if (Type is not ('\0' or 's')) throw Unknown("str");
        if (Sign != '\0') throw JinjaError.Value("Sign not allowed in string format specifier");
        if (Alternate) throw JinjaError.Value("Alternate form (#) not allowed in string format specifier");
        if (Align == '=' && !ZeroPad) throw JinjaError.Value("'=' alignment not allowed in string format specifier");
        if (Grouping != '\0') throw JinjaError.Value($"Cannot specify '{Grouping}' with 's'.");
        if (Precision >= 0) text = CodePoints.Slice(text, 0, Precision);
        return Pad("", text, Align is '\0' or '=' ? '<' : Align);
    }

    private string OfInteger(BigInteger value)
    {
        if (Precision >= 0) throw JinjaError.Value("Precision not allowed in integer format specifier");
        BigInteger magnitude = BigInteger.Abs(value);
        if (Type == 'c')
        {
            if (value < 0 || value > 0x10ffff) throw new JinjaError(ErrorKind.OverflowError, "%c arg not in range(0x110000)");
            return Pad("", Character((int)value), Align is '\0' ? '<' : Align);
        }
        (string digits, string prefix) = Type switch
        {
            '\0' or 'd' or 'n' => (Repr.Integer(magnitude), ""),
            'b' => (Radix(magnitude, 2), "0b"),
            'o' => (Radix(magnitude, 8), "0o"),
            'x' => (Radix(magnitude, 16), "0x"),
            'X' => (Radix(magnitude, 16).ToUpperInvariant(), "0X"),
            _ => throw Unknown("int"),
        };
        if (Grouping == ',' && prefix.Length > 0) throw JinjaError.Value($"Cannot specify ',' with '{Type}'.");
        string head = SignOf(value.Sign < 0) + (Alternate ? prefix : "");
        return Finish(head, digits, "", Type is 'b' or 'o' or 'x' or 'X' ? 4 : 3);
    }

    private string OfFloat(double value)
    {
        if (Type is not ('\0' or 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or 'n' or '%')) throw Unknown("float");
        string text = FloatFormat.Magnitude(Type == '%' ? value * 100 : value, Type, Precision, Alternate);
        string head = SignOf(double.IsNegative(value) && !double.IsNaN(value));
        if (!double.IsFinite(value)) return Finish(head, "", text + (Type == '%' ? "%" : ""), 3);
        int end = text.IndexOfAny(['.', 'e', 'E']);
        (string whole, string tail) = end < 0 ? (text, "") : (text[..end], text[end..]);
        return Finish(head, whole, tail + (Type == '%' ? "%" : ""), 3);
    }

    // Zero padding goes inside the grouping: the digits themselves are extended until the separators fill the width too.
    private string Finish(string head, string digits, string tail, int group)
    {
        if (Grouping != '\0')
        {
            if (Fill == "0" && Align == '=' && digits.Length > 0)
            {
                while (Grouped(digits, group).Length + head.Length + tail.Length < Width) digits = "0" + digits;
            }
            digits = Grouped(digits, group);
        }
        return Pad(head, digits + tail, Align == '\0' ? '>' : Align);
    }

    private string Grouped(string digits, int group)
    {
        var text = new StringBuilder();
        for (int i = 0; i < digits.Length; i++)
        {
            if (i > 0 && (digits.Length - i) % group == 0) text.Append(Grouping);
            text.Append(digits[i]);
        }
        return text.ToString();
    }

    private string Pad(string head, string text, char align)
    {
        long missing = Width - CodePoints.Length(head) - CodePoints.Length(text);
        if (missing <= 0) return head + text;
        long left = align switch { '>' or '=' => missing, '^' => missing / 2, _ => 0 };
        string before = Repeat(left), after = Repeat(missing - left);
        return align == '=' ? head + before + text : before + head + text + after;

        string Repeat(long n) => new StringBuilder().Insert(0, Fill, (int)n).ToString();
    }

    private string SignOf(bool negative) => negative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";

    private JinjaError Unknown(string type) => JinjaError.Value($"Unknown format code '{Type}' for object of type '{type}'");

    public static string Character(int code) => code is >= 0xd800 and < 0xe000 ? ((char)code).ToString() : char.ConvertFromUtf32(code);

    public static string Radix(BigInteger value, int radix)
    {
        if (value.IsZero) return "0";
        var text = new StringBuilder();
        for (; !value.IsZero; value /= radix) text.Insert(0, "0123456789abcdef"[(int)(value % radix)]);
        return text.ToString();
    }
}

/// <summary>A float's magnitude in one of printf's layouts.</summary>
internal static class FloatFormat
{
    public static string Magnitude(double value, char type, int precision, bool alternate)
    {
        bool upper = char.IsAsciiLetterUpper(type);
        if (!double.IsFinite(value))
        {
            string special = double.IsNaN(value) ? "nan" : "inf";
            return upper ? special.ToUpperInvariant() : special;
        }
        string text = char.ToLowerInvariant(type) switch
        {
            'f' or '%' => FloatText.Fixed(value, precision < 0 ? 6 : precision) + (alternate && precision == 0 ? "." : ""),
            'e' => Exponential(value, precision < 0 ? 6 : precision, alternate),
            '\0' when precision < 0 => FloatText.Repr(Math.Abs(value)),
            _ => General(value, precision < 0 ? 6 : Math.Max(precision, 1), alternate, keepPoint: type == '\0'),
        };
        return upper ? text.ToUpperInvariant() : text;
    }

    private static string Exponential(double value, int precision, bool alternate)
    {
        (string digits, int exponent) = FloatText.Significant(value, precision + 1);
        return Layout(digits, exponent, alternate);
    }

    private static string Layout(string digits, int exponent, bool alternate)
    {
        string tail = digits.Length > 1 || alternate ? "." + digits[1..] : "";
        return $"{digits[0]}{tail}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    // Without a type Python shows at least one digit after the point and turns to exponents one power earlier.
    private static string General(double value, int precision, bool alternate, bool keepPoint)
    {
        (string digits, int exponent) = FloatText.Significant(value, precision);
        if (exponent < -4 || exponent >= precision - (keepPoint ? 1 : 0))
        {
            if (!alternate) digits = digits.TrimEnd('0') is { Length: > 0 } kept ? kept : "0";
            return Layout(digits, exponent, alternate);
        }
        string whole = exponent < 0 ? "0" : digits[..(exponent + 1)];
        string fraction = exponent < 0 ? new string('0', -exponent - 1) + digits : digits[(exponent + 1)..];
        if (!alternate) fraction = fraction.TrimEnd('0');
        if (keepPoint && fraction.Length == 0) fraction = "0";
        return fraction.Length > 0 || alternate ? whole + "." + fraction : whole;
    }
}
