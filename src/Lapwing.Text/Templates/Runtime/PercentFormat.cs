using System.Numerics;
using System.Text;
using Lapwing.Text.Templates.Library;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>printf-style formatting: <c>"%s: %5.1f" % (name, value)</c> and <c>"%(key)s" % mapping</c>.</summary>
internal static class PercentFormat
{
    public static string Format(Interpreter rt, string format, object? values, bool escape)
    {
        object?[]? tuple = (values as PyTuple)?.Items;
        int next = 0;
        bool named = false;
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            i++;
            object? value = Missing.Value;
            if (i < format.Length && format[i] == '(')
            {
                int depth = 1, start = ++i;
                for (; i < format.Length && depth > 0; i++) depth += format[i] == '(' ? 1 : format[i] == ')' ? -1 : 0;
                if (depth > 0) throw JinjaError.Value("incomplete format key");
                if (values is not PyDict mapping) throw JinjaError.Type("format requires a mapping");
                string key = format[start..(i - 1)];
                if (!mapping.TryGet(key, out value)) throw new JinjaError(ErrorKind.KeyError, Repr.Quote(key));
                named = true;
            }
            bool left = false, plus = false, space = false, alternate = false, zero = false;
            for (; i < format.Length && "-+ #0".Contains(format[i]); i++)
            {
                left |= format[i] == '-';
                plus |= format[i] == '+';
                space |= format[i] == ' ';
                alternate |= format[i] == '#';
                zero |= format[i] == '0';
            }
            long width = Number(ref i);
            if (width < 0 && width != long.MinValue) (left, width) = (true, -width);
            long precision = -1;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Math.Max(0, Number(ref i));
            }
            while (i < format.Length && format[i] is 'h' or 'l' or 'L') i++;
            if (i >= format.Length) throw JinjaError.Value("incomplete format");
            char type = format[i];
            if (type == '%')
            {
                text.Append('%');
                continue;
            }
            if (ReferenceEquals(value, Missing.Value)) value = Argument();
            rt.CheckSize(text.Length + Math.Max(width, precision));
            rt.Charge(1 + (Math.Max(width, precision) >> 4));
            string piece = Convert(rt, type, value, (int)precision, plus, space, alternate, escape, out bool numeric, i);
            int pad = (int)Math.Max(0, Math.Max(0, width) - CodePoints.Length(piece));
            if (left) text.Append(piece).Append(' ', pad);
            else if (zero && numeric)
            {
                int head = piece.Length > 0 && piece[0] is '-' or '+' or ' ' ? 1 : 0;
                if (alternate && piece.Length > head + 1 && piece[head] == '0' && char.IsAsciiLetter(piece[head + 1])) head += 2;
                text.Append(piece, 0, head).Append('0', pad).Append(piece, head, piece.Length - head);
            }
            else text.Append(' ', pad).Append(piece);
            rt.CheckSize(text.Length);
        }
        bool unused = tuple is not null ? next < tuple.Length && !named
            : next == 0 && !named && !(values is PyDict or List<object?> or PyRange or PyView or PyBytes or Undefined);
        if (unused) throw JinjaError.Type("not all arguments converted during string formatting");
        rt.ChargeText(text.Length);
        return text.ToString();

        object? Argument()
        {
            if (tuple is not null) return next < tuple.Length ? tuple[next++] : throw TooFew();
            return next++ == 0 ? values : throw TooFew();
        }

        long Number(ref int at)
        {
            if (at < format.Length && format[at] == '*')
            {
                at++;
                object? given = Argument();
                return Numbers.TryInteger(given, out long n) ? n : throw JinjaError.Type("* wants int");
            }
            if (at >= format.Length || !char.IsAsciiDigit(format[at])) return long.MinValue;
            long value = 0;
            for (; at < format.Length && char.IsAsciiDigit(format[at]); at++) value = value > int.MaxValue ? value : (value * 10) + format[at] - '0';
            return value;
        }
    }

    private static JinjaError TooFew() => JinjaError.Type("not enough arguments for format string");

    private static string Convert(Interpreter rt, char type, object? value, int precision, bool plus, bool space, bool alternate, bool escape, out bool numeric, int at)
    {
        numeric = false;
        switch (type)
        {
            case 's':
                return Cut(escape ? Html.Escape(rt, value).Text : Repr.Str(rt, value), precision);
            case 'r':
                string repr = Repr.Of(rt, value);
                return Cut(escape ? Html.Escape(rt, repr).Text : repr, precision);
            case 'a':
                return Cut(Str.Is(value, out string plain) ? Repr.Quote(plain, asciiOnly: true) : Repr.Of(rt, value), precision);
            case 'c':
                if (Str.Is(value, out string one)) return CodePoints.Length(one) == 1 ? one : throw JinjaError.Type("%c requires int or char");
                if (!Numbers.TryInteger(value, out long code)) throw JinjaError.Type("%c requires int or char");
                return code is >= 0 and <= 0x10ffff ? FormatSpec.Character((int)code) : throw new JinjaError(ErrorKind.OverflowError, "%c arg not in range(0x110000)");
        }
        numeric = true;
        if (type is 'd' or 'i' or 'u' or 'x' or 'X' or 'o')
        {
            bool decimalType = type is 'd' or 'i' or 'u';
            if (!Numbers.Is(value) || (!decimalType && value is double))
                throw JinjaError.Type($"%{type} format: {(decimalType ? "a real number" : "an integer")} is required, not {TypeNames.Of(value)}");
            BigInteger number = value is double d ? Numbers.ToBig(Numbers.Truncate(d)) : Numbers.ToBig(value);
            BigInteger magnitude = BigInteger.Abs(number);
            string digits = (decimalType ? Repr.Integer(magnitude) : FormatSpec.Radix(magnitude, type == 'o' ? 8 : 16)).PadLeft(Math.Max(precision, 0), '0');
            string prefix = !alternate || decimalType ? "" : type == 'o' ? "0o" : "0x";
            string whole = prefix + digits;
            return SignOf(number.Sign < 0) + (type == 'X' ? whole.ToUpperInvariant() : whole);
        }
        if (type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G')
        {
            if (!Numbers.Is(value)) throw value is Undefined u ? u.Fail() : JinjaError.Type($"must be real number, not {TypeNames.Of(value)}");
            double number = Numbers.ToDouble(value);
            if (type is 'g' or 'G' && precision == 0) precision = 1;
            return SignOf(double.IsNegative(number)) + FloatFormat.Magnitude(number, type, precision, alternate);
        }
        throw JinjaError.Value($"unsupported format character '{type}' (0x{(int)type:x}) at index {at}");

        string SignOf(bool negative) => negative ? "-" : plus ? "+" : space ? " " : "";
    }

    private static string Cut(string text, int precision) => precision >= 0 ? CodePoints.Slice(text, 0, precision) : text;
}
