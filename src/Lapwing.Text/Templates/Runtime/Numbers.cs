using System.Globalization;
using System.Numerics;
using System.Text;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python numbers: bool and int (long, or <see cref="BigInteger"/> where a long is too small) and float.</summary>
internal static class Numbers
{
    public static object Normalize(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    public static bool Is(object? value) => value is long or double or bool or BigInteger;

    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    public static BigInteger ToBig(object? value) => value switch { long i => i, bool b => b ? 1 : 0, BigInteger big => big, _ => throw new InvalidCastException() };

    public static bool TryInteger(object? value, out long integer)
    {
        integer = value switch { long i => i, true => 1, _ => 0 };
        return value is long or bool;
    }

    /// <summary>An integer argument (a width, a count); what it is for goes into the message.</summary>
    public static long Index(object? value)
    {
        if (TryInteger(value, out long integer)) return integer;
        if (value is BigInteger) throw new JinjaError(ErrorKind.OverflowError, "Python int too large to convert to C ssize_t");
        if (value is Undefined u) throw u.Fail();
        throw JinjaError.Type($"'{TypeNames.Of(value)}' object cannot be interpreted as an integer");
    }

    public static double ToDouble(object? value)
    {
        if (value is double d) return d;
        if (value is long i) return i;
        if (value is bool b) return b ? 1 : 0;
        double big = Round((BigInteger)value!, 0);
        return double.IsInfinity(big) ? throw new JinjaError(ErrorKind.OverflowError, "int too large to convert to float") : big;
    }

    /// <summary>value·2^exponent, rounded half to even; .NET's own conversion cuts off instead.</summary>
    public static double Round(BigInteger value, int exponent)
    {
        BigInteger magnitude = BigInteger.Abs(value);
        int extra = (int)magnitude.GetBitLength() - 64;
        if (extra > 0)
        {
            // 64 bits, the last of which remembers whether anything was cut off, decide the rounding as the whole value would.
            bool rest = !(magnitude & ((BigInteger.One << extra) - 1)).IsZero;
            magnitude = (magnitude >> extra) | (rest ? BigInteger.One : BigInteger.Zero);
            exponent += extra;
        }
        double rounded = Math.ScaleB((double)(ulong)magnitude, exponent);
        return value.Sign < 0 ? -rounded : rounded;
    }

    /// <summary>The order of two numbers, exact across types; null where one is NaN.</summary>
    public static int? Compare(object a, object b)
    {
        if (TryInteger(a, out long x) && TryInteger(b, out long y)) return x.CompareTo(y);
        if (a is double p && b is double q) return double.IsNaN(p) || double.IsNaN(q) ? null : p.CompareTo(q);
        if (a is double d) return -CompareMixed(b, d);
        return b is double e ? CompareMixed(a, e) : ToBig(a).CompareTo(ToBig(b));
    }

    private static int? CompareMixed(object integer, double value)
    {
        if (double.IsNaN(value)) return null;
        if (double.IsInfinity(value)) return value > 0 ? -1 : 1;
        double whole = Math.Floor(value);
        int order = ToBig(integer).CompareTo(new BigInteger(whole));
        return order == 0 && value > whole ? -1 : order;
    }

    /// <summary>Equal for equal numbers of any type.</summary>
    public static int Hash(object value)
    {
        if (TryInteger(value, out long i)) return i.GetHashCode();
        if (value is double d)
        {
            if (d == Math.Floor(d) && Math.Abs(d) < 9e18) return ((long)d).GetHashCode();
            return d == Math.Floor(d) && !double.IsInfinity(d) ? new BigInteger(d).GetHashCode() : d.GetHashCode();
        }
        return ((BigInteger)value).GetHashCode();
    }

    /// <summary><c>int(text, radix)</c>; false where Python raises ValueError.</summary>
    public static bool TryParseInteger(string text, int radix, out object value)
    {
        value = 0L;
        string s = TrimSpace(text);
        bool negative = s.StartsWith('-');
        if (negative || s.StartsWith('+')) s = s[1..];
        if (s.Length > 1 && s[0] == '0')
        {
            int prefixed = char.ToLowerInvariant(s[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
            if (prefixed != 0 && (radix == prefixed || radix == 0))
            {
                s = s[2..];
                radix = prefixed;
                if (s.StartsWith('_')) s = s[1..];
            }
            else if (radix == 0 && s.Any(c => c is not ('0' or '_')))
            {
                return false;
            }
        }
        if (radix == 0) radix = 10;
        if (!TryDigits(s, radix, out BigInteger big)) return false;
        value = Normalize(negative ? -big : big);
        return true;
    }

    private static bool TryDigits(string s, int radix, out BigInteger value)
    {
        value = BigInteger.Zero;
        if (s.Length is 0 or > 4300 || s[0] == '_' || s[^1] == '_' || s.Contains("__", StringComparison.Ordinal)) return false;
        for (int i = 0; i < s.Length; i++)
        {
            if (s[i] == '_') continue;
            int point = Characters.At(s, i);
            int digit = Characters.IsDecimal(point) ? CharUnicodeInfo.GetDecimalDigitValue(s, i)
                : point is >= 'a' and <= 'z' ? point - 'a' + 10 : point is >= 'A' and <= 'Z' ? point - 'A' + 10 : -1;
            if (digit < 0 || digit >= radix) return false;
            value = (value * radix) + digit;
            if (point > 0xffff) i++;
        }
        return true;
    }

    /// <summary><c>float(text)</c>; false where Python raises ValueError.</summary>
    public static bool TryParseDouble(string text, out double value)
    {
        string s = TrimSpace(text);
        string bare = s.TrimStart('+', '-');
        value = 0;
        if (s.Length - bare.Length > 1) return false;
        switch (bare.ToLowerInvariant())
        {
            case "nan": value = double.NaN; return true;
            case "inf" or "infinity": value = s.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity; return true;
        }
        var digits = new StringBuilder();
        for (int i = 0; i < s.Length; i++)
        {
            bool between = i > 0 && i + 1 < s.Length && char.IsAsciiDigit(s[i - 1]) && char.IsAsciiDigit(s[i + 1]);
            if (s[i] == '_' && between) continue;
            int point = Characters.At(s, i);
            if (point > 127 && Characters.IsDecimal(point)) digits.Append((char)('0' + CharUnicodeInfo.GetDecimalDigitValue(s, i)));
            else if (char.IsAsciiDigit(s[i]) || s[i] is '+' or '-' or '.' or 'e' or 'E') digits.Append(s[i]);
            else return false;
            if (point > 0xffff) i++;
        }
        return double.TryParse(digits.ToString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    private static string TrimSpace(string text)
    {
        int from = 0, to = text.Length;
        while (from < to && Characters.IsSpace(text[from])) from++;
        while (to > from && Characters.IsSpace(text[to - 1])) to--;
        return text[from..to];
    }

    /// <summary><c>int(float)</c>: the whole part.</summary>
    public static object Truncate(double value)
    {
        if (double.IsNaN(value)) throw JinjaError.Value("cannot convert float NaN to integer");
        if (double.IsInfinity(value)) throw new JinjaError(ErrorKind.OverflowError, "cannot convert float infinity to integer");
        return Normalize(new BigInteger(Math.Truncate(value)));
    }
}
