using System.Numerics;
using System.Text;
using Lapwing.Text.Templates.Library;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's arithmetic operators, on numbers and on sequences.</summary>
internal static class Arithmetic
{
    // Far more than any template counts to, little enough that no product of two takes a noticeable time.
    private const long MaxBits = 1 << 16;

    public static object? Add(Interpreter rt, object? a, object? b)
    {
        if (a is long x && b is long y && !Overflows(x, y, out long sum)) return sum;
        RefuseUndefined(a, b);
        if (Numbers.Is(a) && Numbers.Is(b)) return Numeric(rt, a, b, (p, q) => p + q, (p, q) => p + q);
        if (Str.Is(a, out string s))
        {
            if (!Str.Is(b, out string t)) throw JinjaError.Type($"can only concatenate str (not \"{TypeNames.Of(b)}\") to str");
            if (a is Markup || b is Markup) (s, t) = (Html.Escape(rt, a).Text, Html.Escape(rt, b).Text);
            rt.CheckSize(s.Length + (long)t.Length);
            rt.ChargeCopy(s.Length + t.Length);
            return a is Markup || b is Markup ? new Markup(s + t) : s + t;
        }
        if (a is List<object?> list)
        {
            if (b is not List<object?> more) throw JinjaError.Type($"can only concatenate list (not \"{TypeNames.Of(b)}\") to list");
            rt.Charge(list.Count + more.Count);
            return new List<object?>([.. list, .. more]);
        }
        if (a is PyTuple tuple)
        {
            if (b is not PyTuple rest) throw JinjaError.Type($"can only concatenate tuple (not \"{TypeNames.Of(b)}\") to tuple");
            rt.Charge(tuple.Items.Length + rest.Items.Length);
            return new PyTuple([.. tuple.Items, .. rest.Items]);
        }
        throw Unsupported("+", a, b);
    }

    private static bool Overflows(long x, long y, out long sum)
    {
        sum = unchecked(x + y);
        return ((x ^ sum) & (y ^ sum)) < 0;
    }

    public static object? Subtract(Interpreter rt, object? a, object? b)
    {
        RefuseUndefined(a, b);
        if (Numbers.Is(a) && Numbers.Is(b)) return Numeric(rt, a, b, (p, q) => p - q, (p, q) => p - q);
        throw Unsupported("-", a, b);
    }

    public static object? Multiply(Interpreter rt, object? a, object? b)
    {
        RefuseUndefined(a, b);
        if (Numbers.Is(a) && Numbers.Is(b)) return Numeric(rt, a, b, (p, q) => p * q, (p, q) => p * q);
        if (Numbers.IsInteger(a) && !Numbers.Is(b)) (a, b) = (b, a);
        if (a is not (string or Markup or List<object?> or PyTuple)) throw Unsupported("*", a, b);
        if (!Numbers.IsInteger(b)) throw JinjaError.Type($"can't multiply sequence by non-int of type '{TypeNames.Of(b)}'");
        long count = Math.Max(0, Numbers.Index(b));
        if (Str.Is(a, out string text))
        {
            if (text.Length > 0) rt.CheckSize(Math.BigMul(text.Length, count, out long low) == 0 && low >= 0 ? low : long.MaxValue);
            rt.ChargeText(text.Length * (text.Length > 0 ? count : 0));
            return Str.Like(a, text.Length == 0 ? "" : new StringBuilder().Insert(0, text, (int)count).ToString());
        }
        IList<object?> items = a is PyTuple tuple ? tuple.Items : (List<object?>)a;
        if (items.Count > 0) rt.Charge(count > int.MaxValue ? long.MaxValue / 2 : items.Count * count);
        var repeated = new List<object?>();
        for (long i = 0; i < count && items.Count > 0; i++) repeated.AddRange(items);
        return a is PyTuple ? new PyTuple([.. repeated]) : repeated;
    }

    public static object? Divide(Interpreter rt, object? a, object? b)
    {
        RefuseUndefined(a, b);
        if (!Numbers.Is(a) || !Numbers.Is(b)) throw Unsupported("/", a, b);
        if (!IsExact(a) || !IsExact(b)) return DivideBig(a, b);
        double divisor = Numbers.ToDouble(b);
        if (divisor == 0) throw ZeroDivision(a is double || b is double ? "float division by zero" : "division by zero");
        return Numbers.ToDouble(a) / divisor;
    }

    // Whether a double holds the number without rounding.
    private static bool IsExact(object? value) => value is double or bool or long and >= -(1L << 53) and <= 1L << 53;

    private static double DivideBig(object? a, object? b)
    {
        if (a is double || b is double) return Numbers.ToDouble(b) == 0 ? throw ZeroDivision("float division by zero") : Numbers.ToDouble(a) / Numbers.ToDouble(b);
        (BigInteger p, BigInteger q) = (Numbers.ToBig(a), Numbers.ToBig(b));
        if (q.IsZero) throw ZeroDivision("division by zero");
        int shift = (int)Math.Max(0, 128 - (p.GetBitLength() - q.GetBitLength()));
        BigInteger whole = BigInteger.DivRem(p << shift, q, out BigInteger rest);
        double quotient = Numbers.Round(rest.IsZero ? whole : (whole << 1) + (whole.Sign < 0 ? -1 : 1), rest.IsZero ? -shift : -shift - 1);
        return double.IsInfinity(quotient) ? throw new JinjaError(ErrorKind.OverflowError, "integer division result too large for a float") : quotient;
    }

    public static object? FloorDivide(Interpreter rt, object? a, object? b)
    {
        RefuseUndefined(a, b);
        if (!Numbers.Is(a) || !Numbers.Is(b)) throw Unsupported("//", a, b);
        if (a is double || b is double) return DivMod(Numbers.ToDouble(a), Numbers.ToDouble(b), "float floor division by zero").Quotient;
        BigInteger q = Numbers.ToBig(b);
        if (q.IsZero) throw ZeroDivision("integer division or modulo by zero");
        BigInteger whole = BigInteger.DivRem(Numbers.ToBig(a), q, out BigInteger rest);
        return Numbers.Normalize(!rest.IsZero && rest.Sign != q.Sign ? whole - 1 : whole);
    }

    public static object? Modulo(Interpreter rt, object? a, object? b)
    {
        if (Str.Is(a, out string format)) return Str.Like(a, PercentFormat.Format(rt, format, b, escape: a is Markup));
        RefuseUndefined(a, b);
        if (!Numbers.Is(a) || !Numbers.Is(b)) throw Unsupported("%", a, b);
        if (a is double || b is double) return DivMod(Numbers.ToDouble(a), Numbers.ToDouble(b), "float modulo").Remainder;
        BigInteger q = Numbers.ToBig(b);
        if (q.IsZero) throw ZeroDivision("integer modulo by zero");
        BigInteger rest = BigInteger.Remainder(Numbers.ToBig(a), q);
        return Numbers.Normalize(!rest.IsZero && rest.Sign != q.Sign ? rest + q : rest);
    }

    // CPython's float_divmod, whose quotient is floored without the rounding error of a plain division.
    private static (double Quotient, double Remainder) DivMod(double a, double b, string zero)
    {
        if (b == 0) throw ZeroDivision(zero);
        double rest = a % b;
        double quotient = (a - rest) / b;
        if (rest != 0)
        {
            if (b < 0 != rest < 0)
            {
                rest += b;
                quotient -= 1;
            }
        }
        else
        {
            rest = Math.CopySign(0, b);
        }
        if (quotient == 0) return (Math.CopySign(0, a / b), rest);
        double floor = Math.Floor(quotient);
        return (quotient - floor > 0.5 ? floor + 1 : floor, rest);
    }

    public static object? Power(Interpreter rt, object? a, object? b)
    {
        RefuseUndefined(a, b);
        if (!Numbers.Is(a) || !Numbers.Is(b)) throw Unsupported("** or pow()", a, b);
        if (Numbers.IsInteger(a) && Numbers.IsInteger(b) && Numbers.ToBig(b).Sign >= 0)
        {
            (BigInteger basis, BigInteger exponent) = (Numbers.ToBig(a), Numbers.ToBig(b));
            if (BigInteger.Abs(basis) <= 1) return Numbers.Normalize(basis.IsZero ? (exponent.IsZero ? 1 : 0) : basis.IsOne || exponent.IsEven ? 1 : -1);
            if (exponent > MaxBits || (basis.GetBitLength() - 1) * (long)exponent > MaxBits) throw TooBig();
            return Integer(rt, BigInteger.Pow(basis, (int)exponent));
        }
        (double x, double y) = (Numbers.ToDouble(a), Numbers.ToDouble(b));
        if (x == 0 && y < 0) throw ZeroDivision("0.0 cannot be raised to a negative power");
        double power = Math.Pow(x, y);
        if (double.IsNaN(power) && !double.IsNaN(x) && !double.IsNaN(y)) throw JinjaError.Value("a negative number raised to a fraction is complex, which templates do not have");
        if (double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y)) throw new JinjaError(ErrorKind.OverflowError, "(34, 'Numerical result out of range')");
        return power;
    }

    public static object? Negate(Interpreter rt, object? value) => value switch
    {
        double d => -d,
        Undefined u => throw u.Fail(),
        _ => Numbers.IsInteger(value) ? Integer(rt, -Numbers.ToBig(value)) : throw JinjaError.Type($"bad operand type for unary -: '{TypeNames.Of(value)}'"),
    };

    public static object? Plus(Interpreter rt, object? value) => value switch
    {
        double d => d,
        Undefined u => throw u.Fail(),
        _ => Numbers.IsInteger(value) ? Integer(rt, Numbers.ToBig(value)) : throw JinjaError.Type($"bad operand type for unary +: '{TypeNames.Of(value)}'"),
    };

    private static object Numeric(Interpreter rt, object? a, object? b, Func<double, double, double> floats, Func<BigInteger, BigInteger, BigInteger> integers) =>
        a is double || b is double ? floats(Numbers.ToDouble(a), Numbers.ToDouble(b)) : Integer(rt, integers(Numbers.ToBig(a), Numbers.ToBig(b)));

    private static object Integer(Interpreter rt, BigInteger value)
    {
        long bits = value.GetBitLength();
        if (bits > MaxBits) throw TooBig();
        rt.Charge(bits >> 6);
        return Numbers.Normalize(value);
    }

    private static JinjaError TooBig() => JinjaError.Limit($"an integer of more than {MaxBits} bits");

    private static JinjaError ZeroDivision(string message) => new(ErrorKind.ZeroDivisionError, message);

    private static JinjaError Unsupported(string op, object? a, object? b) =>
        JinjaError.Type($"unsupported operand type(s) for {op}: '{TypeNames.Of(a)}' and '{TypeNames.Of(b)}'");

    private static void RefuseUndefined(object? a, object? b)
    {
        if (a is Undefined u) throw u.Fail();
        if (b is Undefined v) throw v.Fail();
    }
}
