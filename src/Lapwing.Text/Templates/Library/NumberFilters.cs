using System.Globalization;
using System.Numerics;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

internal static class NumberFilters
{
    public static object? Abs(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("abs", 0);
        if (value is double d) return Math.Abs(d);
        return Numbers.IsInteger(value) ? Numbers.Normalize(BigInteger.Abs(Numbers.ToBig(value))) : throw JinjaError.Type($"bad operand type for abs(): '{TypeNames.Of(value)}'");
    }

    public static object? Int(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("int", 0, "default", "base");
        if (value is Undefined u) throw u.Fail();
        if (Str.Is(value, out string text))
        {
            long radix = Numbers.Index(given[1].Or(10L));
            rt.Charge(text.Length >> 2);
            if (radix is 0 or (>= 2 and <= 36) && Numbers.TryParseInteger(text, (int)radix, out object parsed)) return parsed;
            return Numbers.TryParseDouble(text, out double number) && double.IsFinite(number) ? Numbers.Truncate(number) : given[0].Or(0L);
        }
        if (value is double d) return double.IsNaN(d) ? given[0].Or(0L) : Numbers.Truncate(d);
        return Numbers.IsInteger(value) ? Numbers.Normalize(Numbers.ToBig(value)) : given[0].Or(0L);
    }

    public static object? Float(Interpreter rt, object? value, Arguments arguments)
    {
        object? fallback = arguments.Bind("float", 0, "default")[0].Or(0.0);
        if (value is Undefined u) throw u.Fail();
        if (Str.Is(value, out string text)) return Numbers.TryParseDouble(text, out double parsed) ? parsed : fallback;
        return Numbers.Is(value) ? Numbers.ToDouble(value) : fallback;
    }

    public static object? Round(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("round", 0, "precision", "method");
        string method = Repr.Str(rt, given[1].Or("common"));
        if (method is not ("common" or "ceil" or "floor")) throw new JinjaError(ErrorKind.FilterArgumentError, "method must be common, ceil or floor");
        object? precision = given[0].Or(0L);
        if (method != "common")
        {
            object? scale = Arithmetic.Power(rt, 10L, precision);
            object? scaled = Arithmetic.Multiply(rt, value, scale);
            if (!Numbers.Is(scaled)) throw JinjaError.Type($"must be real number, not {TypeNames.Of(value)}");
            object whole = scaled is double d ? Numbers.Truncate(method == "ceil" ? Math.Ceiling(d) : Math.Floor(d)) : scaled!;
            return Arithmetic.Divide(rt, whole, scale);
        }
        if (!Numbers.Is(value)) throw JinjaError.Type($"type {TypeNames.Of(value)} doesn't define __round__ method");
        long digits = precision is null ? 0 : Numbers.Index(precision);
        if (value is double number)
        {
            // round() without digits makes an int; the filter always passes them.
            if (precision is null) return Numbers.Truncate(FloatText.Round(number, 0));
            return FloatText.Round(number, (int)Math.Clamp(digits, -400, 400));
        }
        BigInteger integer = Numbers.ToBig(value);
        if (digits >= 0) return Numbers.Normalize(integer);
        if (-digits > integer.GetBitLength()) return 0L;
        BigInteger unit = BigInteger.Pow(10, (int)-digits);
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(integer), unit, out BigInteger rest);
        int order = (rest * 2).CompareTo(unit);
        if (order > 0 || (order == 0 && !quotient.IsEven)) quotient++;
        return Numbers.Normalize(quotient * unit * integer.Sign);
    }

    public static object? FileSize(Interpreter rt, object? value, Arguments arguments)
    {
        bool binary = Truth.Of(rt, arguments.Bind("filesizeformat", 0, "binary")[0].Or(false));
        if (value is Undefined u) throw u.Fail();
        double bytes = Str.Is(value, out string text)
            ? Numbers.TryParseDouble(text, out double parsed) ? parsed : throw JinjaError.Value($"could not convert string to float: {Repr.Quote(text)}")
            : Numbers.Is(value) ? Numbers.ToDouble(value) : throw JinjaError.Type($"float() argument must be a string or a real number, not '{TypeNames.Of(value)}'");
        double step = binary ? 1024 : 1000;
        if (bytes == 1) return "1 Byte";
        if (bytes < step) return $"{Repr.Str(rt, Numbers.Truncate(bytes))} Bytes";
        string[] units = binary ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        double unit = step;
        foreach (string name in units)
        {
            unit *= step;
            if (bytes < unit || name == units[^1]) return string.Create(CultureInfo.InvariantCulture, $"{FloatText.Fixed(step * bytes / unit, 1)} {name}");
        }
        throw JinjaError.Value("not a size");
    }
}
