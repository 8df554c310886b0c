using System.Numerics;

namespace Lapwing.Text.Templates.Runtime;

internal static class Truth
{
    public static bool Of(Interpreter rt, object? value) => value switch
    {
        null or Undefined => false,
        bool b => b,
        long i => i != 0,
        string s => s.Length > 0,
        double d => d != 0,
        BigInteger big => !big.IsZero,
        Markup m => m.Text.Length > 0,
        List<object?> list => list.Count > 0,
        PyTuple tuple => tuple.Items.Length > 0,
        PyDict dict => dict.Count > 0,
        PyRange range => range.Count > 0,
        PyView view => view.Dict.Count > 0,
        PyBytes bytes => bytes.Data.Length > 0,
        LoopContext loop => loop.Length(rt) > 0,
        _ => true,
    };
}
