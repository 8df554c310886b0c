using System.Globalization;
using System.Numerics;
using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The <c>tojson</c> filter as Transformers sets it: Python's <c>json.dumps</c>, not escaping for HTML nor beyond ASCII.</summary>
internal sealed class Json
{
    private readonly Interpreter _rt;
    private readonly StringBuilder _text = new();
    private readonly bool _asciiOnly;
    private readonly bool _sortKeys;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;

    private Json(Interpreter rt, object?[] options)
    {
        _rt = rt;
        _asciiOnly = Truth.Of(rt, options[0].Or(false));
        _sortKeys = Truth.Of(rt, options[3].Or(false));
        if (options[1].Or(null) is { } indent)
        {
            if (Str.Is(indent, out string given)) _indent = given;
            else
            {
                long width = Math.Max(0, Numbers.Index(indent));
                rt.CheckSize(width);
                _indent = new string(' ', (int)width);
            }
        }
        (_itemSeparator, _keySeparator) = (_indent is null ? ", " : ",", ": ");
        if (options[2].Or(null) is { } separators)
        {
            if (!Iteration.Can(separators) || Iteration.ToList(rt, separators) is not [var item, var key]) throw JinjaError.Value("separators must be a pair of strings");
            (_itemSeparator, _keySeparator) = (Str.Require(item, "item separator"), Str.Require(key, "key separator"));
        }
    }

    public static object Filter(Interpreter rt, object? value, Arguments arguments)
    {
        var json = new Json(rt, arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys"));
        json.Write(value, 0);
        rt.ChargeText(json._text.Length);
        return json._text.ToString();
    }

    private void Write(object? value, int depth)
    {
        _rt.Step();
        _rt.CheckSize(_text.Length);
        switch (value)
        {
            case null: _text.Append("null"); break;
            case bool b: _text.Append(b ? "true" : "false"); break;
            case long i: _text.Append(i); break;
            case BigInteger big: _text.Append(Repr.Integer(big)); break;
            case double d: _text.Append(Float(d)); break;
            case string s: Quote(s); break;
            case Markup m: Quote(m.Text); break;
            case List<object?> list: WriteAll(list, list.Count, '[', ']', depth, item => Write(item, depth + 1)); break;
            case PyTuple tuple: WriteAll(tuple.Items, tuple.Items.Length, '[', ']', depth, item => Write(item, depth + 1)); break;
            case PyDict dict:
                List<(object? Key, object? Value)> items = [.. dict.Items];
                if (_sortKeys) items = Ordering.Sort(_rt, items, i => i.Key, reverse: false);
                WriteAll(items, items.Count, '{', '}', depth, item =>
                {
                    Quote(Key(item.Key));
                    _text.Append(_keySeparator);
                    Write(item.Value, depth + 1);
                });
                break;
            default: throw JinjaError.Type($"Object of type {TypeNames.Of(value)} is not JSON serializable");
        }
    }

    private void WriteAll<T>(IEnumerable<T> items, int count, char open, char close, int depth, Action<T> write)
    {
        _text.Append(open);
        bool first = true;
        foreach (T item in items)
        {
            if (!first) _text.Append(_itemSeparator);
            first = false;
            NewLine(depth + 1);
            write(item);
        }
        if (count > 0) NewLine(depth);
        _text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (_indent is null) return;
        _rt.CheckSize(_text.Length + ((long)_indent.Length * depth));
        _rt.ChargeText((long)_indent.Length * depth);
        _text.Append('\n');
        for (int i = 0; i < depth; i++) _text.Append(_indent);
    }

    private static string Float(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity") : FloatText.Repr(value);

    private static string Key(object? key) => key switch
    {
        string s => s,
        Markup m => m.Text,
        null => "null",
        bool b => b ? "true" : "false",
        double d => Float(d),
        long i => i.ToString(CultureInfo.InvariantCulture),
        BigInteger big => Repr.Integer(big),
        _ => throw JinjaError.Type($"keys must be str, int, float, bool or None, not {TypeNames.Of(key)}"),
    };

    private void Quote(string text)
    {
        _text.Append('"');
        foreach (char c in text)
        {
            if (c is '"' or '\\') _text.Append('\\').Append(c);
            else if (c >= ' ' && (c < '\x7f' || !_asciiOnly)) _text.Append(c);
            else
            {
                _text.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", '\b' => "\\b", '\f' => "\\f", _ => $"\\u{(int)c:x4}" });
            }
        }
        _text.Append('"');
    }
}
