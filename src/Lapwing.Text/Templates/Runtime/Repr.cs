using System.Globalization;
using System.Numerics;
using System.Text;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's <c>str()</c> and <c>repr()</c>.</summary>
internal static class Repr
{
    // Python turns no longer integer than this into text, lest it take quadratic time.
    private const int MaxIntegerDigits = 4300;

    public static string Str(Interpreter rt, object? value) => value switch
    {
        string s => s,
        Markup m => m.Text,
        Undefined => "",
        _ => Of(rt, value),
    };

    public static string Of(Interpreter rt, object? value)
    {
        switch (value)
        {
            case null: return "None";
            case bool b: return b ? "True" : "False";
            case long i: return i.ToString(CultureInfo.InvariantCulture);
            case double d: return FloatText.Repr(d);
            case string s: return Quote(s);
        }
        var text = new StringBuilder();
        Write(rt, text, value);
        rt.ChargeText(text.Length);
        return text.ToString();
    }

    private static void Write(Interpreter rt, StringBuilder text, object? value)
    {
        rt.Step();
        rt.CheckSize(text.Length);
        switch (value)
        {
            case BigInteger big: text.Append(Integer(big)); break;
            case Markup m: text.Append("Markup(").Append(Quote(m.Text)).Append(')'); break;
            case List<object?> list: WriteAll(rt, text, list, "[", "]"); break;
            case PyTuple { Items.Length: 1 } tuple: WriteAll(rt, text, tuple.Items, "(", ",)"); break;
            case PyTuple tuple: WriteAll(rt, text, tuple.Items, "(", ")"); break;
            case PyDict dict: WriteDict(rt, text, dict.Items); break;
            case PyView view:
                text.Append(TypeNames.Of(view)).Append('(');
                WriteAll(rt, text, view.Elements, "[", "]");
                text.Append(')');
                break;
            case PyRange range:
                text.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}{(range.Step == 1 ? "" : $", {range.Step}")})");
                break;
            case PyBytes bytes: text.Append(Bytes(bytes.Data)); break;
            case Undefined: text.Append("Undefined"); break;
            case Namespace ns:
                text.Append("<Namespace ");
                WriteDict(rt, text, ns.Items.Select(i => ((object?)i.Key, i.Value)));
                text.Append('>');
                break;
            case LoopContext loop: text.Append(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index}/{loop.Length(rt)}>"); break;
            case Macro macro: text.Append("<Macro ").Append(macro.Name is null ? "anonymous" : Quote(macro.Name)).Append('>'); break;
            case SelfReference: text.Append("<TemplateReference None>"); break;
            case PyIterator iterator: text.Append('<').Append(iterator.TypeName).Append(" object>"); break;
            case Callable callable: text.Append(callable.Describe); break;
            default: text.Append(Of(rt, value)); break;
        }
    }

    private static void WriteAll(Interpreter rt, StringBuilder text, IEnumerable<object?> items, string open, string close)
    {
        text.Append(open);
        bool first = true;
        foreach (object? item in items)
        {
            if (!first) text.Append(", ");
            first = false;
            Write(rt, text, item);
        }
        text.Append(close);
    }

    private static void WriteDict(Interpreter rt, StringBuilder text, IEnumerable<(object? Key, object? Value)> items)
    {
        text.Append('{');
        bool first = true;
        foreach ((object? key, object? value) in items)
        {
            if (!first) text.Append(", ");
            first = false;
            Write(rt, text, key);
            text.Append(": ");
            Write(rt, text, value);
        }
        text.Append('}');
    }

    public static string Integer(BigInteger value)
    {
        // 3.3219 bits a digit; a value this far over the limit is not worth converting to count exactly.
        if (value.GetBitLength() > MaxIntegerDigits * 3.33) throw TooLong();
        string text = value.ToString(CultureInfo.InvariantCulture);
        return text.Length - (text[0] == '-' ? 1 : 0) > MaxIntegerDigits ? throw TooLong() : text;

        static JinjaError TooLong() => JinjaError.Value($"Exceeds the limit ({MaxIntegerDigits} digits) for integer string conversion");
    }

    /// <summary>A string literal as Python shows it: single quotes unless only those occur inside.</summary>
    public static string Quote(string text, bool asciiOnly = false)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var quoted = new StringBuilder(text.Length + 2).Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote || c == '\\') quoted.Append('\\').Append(c);
            else if (c is >= ' ' and < '\x7f') quoted.Append(c);
            else if (c == '\n') quoted.Append("\\n");
            else if (c == '\r') quoted.Append("\\r");
            else if (c == '\t') quoted.Append("\\t");
            else
            {
                int point = Characters.At(text, i);
                if (!asciiOnly && point >= 0x80 && Characters.IsPrintable(point)) quoted.Append(char.IsSurrogate(c) ? char.ConvertFromUtf32(point) : c.ToString());
                else quoted.Append(point < 0x100 ? $"\\x{point:x2}" : point < 0x10000 ? $"\\u{point:x4}" : $"\\U{point:x8}");
                if (point >= 0x10000) i++;
            }
        }
        return quoted.Append(quote).ToString();
    }

    private static string Bytes(byte[] data)
    {
        char quote = data.Contains((byte)'\'') && !data.Contains((byte)'"') ? '"' : '\'';
        var text = new StringBuilder("b").Append(quote);
        foreach (byte b in data)
        {
            char c = (char)b;
            if (c == quote || c == '\\') text.Append('\\').Append(c);
            else if (c is >= ' ' and < '\x7f') text.Append(c);
            else text.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => $"\\x{b:x2}" });
        }
        return text.Append(quote).ToString();
    }
}
