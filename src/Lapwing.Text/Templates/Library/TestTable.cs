using Lapwing.Text.Templates.Runtime;
using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates.Library;

internal delegate bool TestFunction(Interpreter rt, object? value, Arguments arguments);

/// <summary>What can follow <c>is</c>.</summary>
internal static class TestTable
{
    private static readonly Dictionary<string, TestFunction> All = new()
    {
        ["defined"] = Plain(static (_, v) => v is not Undefined),
        ["undefined"] = Plain(static (_, v) => v is Undefined),
        ["none"] = Plain(static (_, v) => v is null),
        ["boolean"] = Plain(static (_, v) => v is bool),
        ["true"] = Plain(static (_, v) => v is true),
        ["false"] = Plain(static (_, v) => v is false),
        ["integer"] = Plain(static (_, v) => v is not bool && Numbers.IsInteger(v)),
        ["float"] = Plain(static (_, v) => v is double),
        ["number"] = Plain(static (_, v) => Numbers.Is(v)),
        ["string"] = Plain(static (_, v) => Str.Is(v)),
        ["mapping"] = Plain(static (_, v) => v is PyDict),
        ["sequence"] = Plain(static (_, v) => v is string or Markup or List<object?> or PyTuple or PyDict or PyRange or PyBytes or Undefined),
        ["iterable"] = Plain(static (_, v) => Iteration.Can(v)),
        ["callable"] = Plain(static (_, v) => v is Callable or LoopContext or Undefined),
        ["escaped"] = Plain(static (_, v) => v is Markup),
        ["lower"] = Plain(static (rt, v) => StringMethods.IsLowerText(Repr.Str(rt, v))),
        ["upper"] = Plain(static (rt, v) => StringMethods.IsUpperText(Repr.Str(rt, v))),
        ["odd"] = Plain(static (rt, v) => Equality.Equal(rt, Arithmetic.Modulo(rt, v, 2L), 1L)),
        ["even"] = Plain(static (rt, v) => Equality.Equal(rt, Arithmetic.Modulo(rt, v, 2L), 0L)),
        ["divisibleby"] = static (rt, v, a) => Equality.Equal(rt, Arithmetic.Modulo(rt, v, a.Bind("divisibleby", 1, "num")[0]), 0L),
        ["sameas"] = static (_, v, a) => Equality.Same(v, a.Bind("sameas", 1, "other")[0]),
        ["filter"] = Plain(static (_, v) => Str.Is(v, out string name) && FilterTable.Find(name) is not null),
        ["test"] = Plain(static (_, v) => Str.Is(v, out string name) && Find(name) is not null),
        ["in"] = Binary(Comparison.In),
        ["=="] = Binary(Comparison.Equal), ["eq"] = Binary(Comparison.Equal), ["equalto"] = Binary(Comparison.Equal),
        ["!="] = Binary(Comparison.NotEqual), ["ne"] = Binary(Comparison.NotEqual),
        [">"] = Binary(Comparison.Greater), ["gt"] = Binary(Comparison.Greater), ["greaterthan"] = Binary(Comparison.Greater),
        [">="] = Binary(Comparison.GreaterEqual), ["ge"] = Binary(Comparison.GreaterEqual),
        ["<"] = Binary(Comparison.Less), ["lt"] = Binary(Comparison.Less), ["lessthan"] = Binary(Comparison.Less),
        ["<="] = Binary(Comparison.LessEqual), ["le"] = Binary(Comparison.LessEqual),
    };

    public static TestFunction? Find(string name) => All.GetValueOrDefault(name);

    private static TestFunction Plain(Func<Interpreter, object?, bool> holds) => (rt, value, arguments) =>
    {
        arguments.Bind("test", 0);
        return holds(rt, value);
    };

    private static TestFunction Binary(Comparison op) => (rt, value, arguments) => CompareExpr.Compare(rt, op, value, arguments.Bind("test", 1, "other")[0]);
}
