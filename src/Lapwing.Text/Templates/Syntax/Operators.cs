using System.Text;
using Lapwing.Text.Templates.Library;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

internal sealed class BinaryExpr(TokenKind op, Expr left, Expr right) : Expr
{
    public override IEnumerable<Expr?> Children => [left, right];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? a = left.Evaluate(rt);
        object? b = right.Evaluate(rt);
        return op switch
        {
            TokenKind.Add => Arithmetic.Add(rt, a, b),
            TokenKind.Sub => Arithmetic.Subtract(rt, a, b),
            TokenKind.Mul => Arithmetic.Multiply(rt, a, b),
            TokenKind.Div => Arithmetic.Divide(rt, a, b),
            TokenKind.FloorDiv => Arithmetic.FloorDivide(rt, a, b),
            TokenKind.Mod => Arithmetic.Modulo(rt, a, b),
            _ => Arithmetic.Power(rt, a, b),
        };
    }
}

internal sealed class UnaryExpr(TokenKind op, Expr operand) : Expr
{
    public override IEnumerable<Expr?> Children => [operand];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? value = operand.Evaluate(rt);
        return op == TokenKind.Sub ? Arithmetic.Negate(rt, value) : Arithmetic.Plus(rt, value);
    }
}

internal sealed class NotExpr(Expr operand) : Expr
{
    public override IEnumerable<Expr?> Children => [operand];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        return !Truth.Of(rt, operand.Evaluate(rt));
    }
}

/// <summary><c>and</c> and <c>or</c> give back the operand that decided, not a truth value.</summary>
internal sealed class LogicExpr(bool isAnd, Expr left, Expr right) : Expr
{
    public override IEnumerable<Expr?> Children => [left, right];

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? value = left.Evaluate(rt);
        return Truth.Of(rt, value) == isAnd ? right.Evaluate(rt) : value;
    }
}

internal sealed class ConcatExpr(Expr[] items) : Expr
{
    public override IEnumerable<Expr?> Children => items;

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object?[] values = TupleExpr.EvaluateAll(rt, items);
        bool markup = rt.AutoEscape && values.Any(v => v is Markup);
        var text = new StringBuilder();
        foreach (object? value in values)
        {
            text.Append(markup ? Html.Escape(rt, value).Text : Repr.Str(rt, value));
            rt.CheckSize(text.Length);
        }
        rt.ChargeCopy(text.Length);
        return markup ? new Markup(text.ToString()) : text.ToString();
    }
}

internal enum Comparison { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn }

/// <summary>A comparison chain: <c>a &lt; b &lt; c</c> evaluates each operand once and stops at the first that fails.</summary>
internal sealed class CompareExpr(Expr first, (Comparison Op, Expr Operand)[] rest) : Expr
{
    public override IEnumerable<Expr?> Children => rest.Select(r => r.Operand).Prepend(first);

    public override object? Evaluate(Interpreter rt)
    {
        rt.Step();
        object? left = first.Evaluate(rt);
        foreach ((Comparison op, Expr operand) in rest)
        {
            object? right = operand.Evaluate(rt);
            if (!Compare(rt, op, left, right)) return false;
            left = right;
        }
        return true;
    }

    public static bool Compare(Interpreter rt, Comparison op, object? a, object? b) => op switch
    {
        Comparison.Equal => Equality.Equal(rt, a, b),
        Comparison.NotEqual => !Equality.Equal(rt, a, b),
        Comparison.In => Membership.Contains(rt, b, a),
        Comparison.NotIn => !Membership.Contains(rt, b, a),
        _ => Ordering.Compare(rt, op, a, b),
    };
}
