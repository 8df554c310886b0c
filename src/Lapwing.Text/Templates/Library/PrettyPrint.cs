using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The <c>pprint</c> filter: Python's <c>pformat</c> at 80 columns, keys in order.</summary>
internal sealed class PrettyPrint
{
    private const int Width = 80;

    private readonly Interpreter _rt;
    private readonly StringBuilder _text = new();

    private PrettyPrint(Interpreter rt) => _rt = rt;

    public static object? Filter(Interpreter rt, object? value, Arguments arguments)
    {
        arguments.Bind("pprint", 0);
        var printer = new PrettyPrint(rt);
        printer.Write(value, 0, 0, top: true);
        return printer._text.ToString();
    }

    private void Write(object? value, int indent, int allowance, bool top)
    {
        _rt.Step();
        _rt.CheckSize(_text.Length);
        string repr = Repr.Of(_rt, Sorted(value));
        if (CodePoints.Length(repr) <= Width - indent - allowance)
        {
            _text.Append(repr);
            return;
        }
        switch (value)
        {
            case PyDict dict:
                _text.Append('{');
                WriteItems(SortedItems(dict), indent + 1, (item, last) =>
                {
                    string key = Repr.Of(_rt, item.Key);
                    _text.Append(key).Append(": ");
                    Write(item.Value, indent + 1 + CodePoints.Length(key) + 2, last ? allowance + 1 : 1, top: false);
                });
                _text.Append('}');
                break;
            case List<object?> list:
                _text.Append('[');
                WriteItems(list, indent + 1, (item, last) => Write(item, indent + 1, last ? allowance + 1 : 1, top: false));
                _text.Append(']');
                break;
            case PyTuple and not PyGroup:
                var tuple = (PyTuple)value;
                string close = tuple.Items.Length == 1 ? ",)" : ")";
                _text.Append('(');
                WriteItems(tuple.Items, indent + 1, (item, last) => Write(item, indent + 1, last ? allowance + close.Length : 1, top: false));
                _text.Append(close);
                break;
            case string s: WriteString(s, indent, allowance, top); break;
            default: _text.Append(repr); break;
        }
    }

    private void WriteItems<T>(IList<T> items, int indent, Action<T, bool> write)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) _text.Append(",\n").Append(' ', indent);
            write(items[i], i == items.Count - 1);
        }
    }

    // A long string is broken at line ends and between words, into literals that stand below one another.
    private void WriteString(string text, int indent, int allowance, bool top)
    {
        if (top) (indent, allowance) = (indent + 1, allowance + 1);
        var chunks = new List<string>();
        List<string> lines = StringMethods.SplitLines(text, keepEnds: true);
        int firstWidth = Width - indent;
        for (int i = 0; i < lines.Count; i++)
        {
            bool lastLine = i == lines.Count - 1;
            if (lastLine) firstWidth -= allowance;
            string repr = Repr.Quote(lines[i]);
            if (CodePoints.Length(repr) <= firstWidth)
            {
                chunks.Add(repr);
                continue;
            }
            List<string> parts = Parts(lines[i]);
            int width = Width - indent;
            string current = "";
            for (int j = 0; j < parts.Count; j++)
            {
                _rt.Step();
                if (j == parts.Count - 1 && lastLine) width -= allowance;
                string candidate = Repr.Quote(current + parts[j]);
                _rt.ChargeText(candidate.Length);
                if (CodePoints.Length(candidate) > width)
                {
                    if (current.Length > 0) chunks.Add(Repr.Quote(current));
                    current = parts[j];
                }
                else
                {
                    current += parts[j];
                }
            }
            if (current.Length > 0) chunks.Add(Repr.Quote(current));
        }
        bool wrap = top && chunks.Count > 1;
        _text.Append(wrap ? "(" : "").AppendJoin("\n" + new string(' ', indent), chunks).Append(wrap ? ")" : "");
    }

    private static List<string> Parts(string line)
    {
        var parts = new List<string>();
        for (int at = 0; at < line.Length;)
        {
            int end = at;
            while (end < line.Length && !Characters.IsSpace(line[end])) end++;
            while (end < line.Length && Characters.IsSpace(line[end])) end++;
            parts.Add(line[at..end]);
            at = end;
        }
        return parts;
    }

    private List<(object? Key, object? Value)> SortedItems(PyDict dict)
    {
        List<(object? Key, object? Value)> items = [.. dict.Items];
        try
        {
            return Ordering.Sort(_rt, items, i => i.Key, reverse: false);
        }
        catch (JinjaError e) when (e.Kind == ErrorKind.TypeError)
        {
            return Ordering.Sort(_rt, items, i => TypeNames.Of(i.Key), reverse: false);
        }
    }

    private object? Sorted(object? value)
    {
        _rt.Step();
        switch (value)
        {
            case PyDict dict:
                var sorted = new PyDict(_rt);
                foreach ((object? key, object? item) in SortedItems(dict)) sorted.Set(key, Sorted(item));
                return sorted;
            case List<object?> list: return list.ConvertAll(Sorted);
            case PyTuple and not PyGroup: return new PyTuple([.. ((PyTuple)value).Items.Select(Sorted)]);
            default: return value;
        }
    }
}
