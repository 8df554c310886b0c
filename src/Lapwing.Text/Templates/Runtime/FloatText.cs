using System.Globalization;
using System.Numerics;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Floats to digits, exactly rounded half to even as C's <c>printf</c> does, and Python's shortest <c>repr</c>.</summary>
internal static class FloatText
{
    public static string Repr(double value)
    {
        if (!double.IsFinite(value)) return Special(value);
        (string digits, int exponent) = Shortest(value);
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string tail = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{tail}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1) return sign + digits.PadRight(exponent + 1, '0') + ".0";
        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    public static string Special(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    /// <summary>The shortest digits that identify the value and the power of ten of the first.</summary>
    public static (string Digits, int Exponent) Shortest(double value)
    {
        if (value == 0) return ("0", 0);
        string text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E');
        int exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? text : text[..e];
        int point = mantissa.IndexOf('.');
        string digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        int zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits[zeros..].TrimEnd('0');
        return (digits, exponent - zeros);
    }

    /// <summary>The absolute value with so many decimals: <c>%.nf</c>.</summary>
    public static string Fixed(double value, int decimals)
    {
        (BigInteger numerator, BigInteger denominator) = Fraction(value);
        string digits = RoundedQuotient(numerator * BigInteger.Pow(10, decimals), denominator).ToString(CultureInfo.InvariantCulture);
        if (decimals == 0) return digits;
        digits = digits.PadLeft(decimals + 1, '0');
        return digits[..^decimals] + "." + digits[^decimals..];
    }

    /// <summary>So many significant digits of the absolute value and the power of ten of the first: what <c>%.ne</c> shows.</summary>
    public static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0) return (new string('0', count), 0);
        (BigInteger numerator, BigInteger denominator) = Fraction(value);
        int exponent = (int)Math.Floor(BigInteger.Log10(numerator) - BigInteger.Log10(denominator));
        while (true)
        {
            int shift = count - 1 - exponent;
            BigInteger scaled = shift >= 0
                ? RoundedQuotient(numerator * BigInteger.Pow(10, shift), denominator)
                : RoundedQuotient(numerator, denominator * BigInteger.Pow(10, -shift));
            string digits = scaled.ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count) return (digits, exponent);
            exponent += digits.Length > count ? 1 : -1;
        }
    }

    /// <summary><c>round(value, decimals)</c>, of either sign.</summary>
    public static double Round(double value, int decimals)
    {
        // Beyond 323 decimals every double is exact; below -308 places nothing is left.
        if (!double.IsFinite(value) || decimals > 323) return value;
        if (decimals < -308) return Math.CopySign(0, value);
        string text;
        if (decimals >= 0)
        {
            text = Fixed(value, decimals);
        }
        else
        {
            (BigInteger numerator, BigInteger denominator) = Fraction(value);
            text = RoundedQuotient(numerator, denominator * BigInteger.Pow(10, -decimals)).ToString(CultureInfo.InvariantCulture) + new string('0', -decimals);
        }
        double rounded = double.Parse(text, CultureInfo.InvariantCulture);
        if (double.IsInfinity(rounded)) throw new JinjaError(ErrorKind.OverflowError, "rounded value too large to represent");
        return Math.CopySign(rounded, value);
    }

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7ff);
        long mantissa = bits & 0xfffffffffffff;
        if (exponent == 0) exponent = 1;
        else mantissa |= 1L << 52;
        exponent -= 1075;
        return exponent >= 0 ? (new BigInteger(mantissa) << exponent, BigInteger.One) : (mantissa, BigInteger.One << -exponent);
    }

    private static BigInteger RoundedQuotient(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int order = (rest << 1).CompareTo(denominator);
        return order > 0 || (order == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
