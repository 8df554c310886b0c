using System.Globalization;
using System.Text;
using Lapwing.Text.Templates.Library;

namespace Lapwing.Text.Templates.Runtime;

/// <summary><c>str.format</c> under the sandbox: fields reach attributes and items only as the template itself could.</summary>
internal sealed class BraceFormat(Interpreter rt, Arguments arguments, PyDict? mapping, bool escape)
{
    private int _automatic;
    private bool _manual;

    public string Format(string format, int depth = 2)
    {
        if (depth < 0) throw JinjaError.Value("Max string recursion exceeded");
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw JinjaError.Value("Single '}' encountered in format string");
            }
            else if (c == '{')
            {
                int end = FieldEnd(format, i + 1);
                text.Append(Field(format[(i + 1)..end], depth));
                i = end;
            }
            else
            {
                text.Append(c);
            }
            rt.CheckSize(text.Length);
        }
        rt.ChargeText(text.Length);
        return text.ToString();
    }

    private static int FieldEnd(string format, int from)
    {
        int open = 1;
        bool bracket = false;
        for (int i = from; i < format.Length; i++)
        {
            if (format[i] == '[') bracket = true;
            else if (format[i] == ']') bracket = false;
            else if (!bracket && format[i] == '{') open++;
            else if (!bracket && format[i] == '}' && --open == 0) return i;
        }
        throw JinjaError.Value(from >= format.Length ? "Single '{' encountered in format string" : "expected '}' before end of string");
    }

    private string Field(string field, int depth)
    {
        rt.Step();
        int split = field.Length;
        bool bracket = false;
        for (int i = 0; i < field.Length && split == field.Length; i++)
        {
            if (field[i] == '[') bracket = true;
            else if (field[i] == ']') bracket = false;
            else if (!bracket && field[i] is '!' or ':') split = i;
        }
        string path = field[..split], rest = field[split..], spec = "";
        char conversion = '\0';
        if (rest.StartsWith('!'))
        {
            if (rest.Length < 2) throw JinjaError.Value("end of string while looking for conversion specifier");
            conversion = rest[1];
            if (rest.Length > 2 && rest[2] != ':') throw JinjaError.Value("expected ':' after conversion specifier");
            rest = rest[2..];
        }
        // The value first: automatic numbers run from left to right, and those of the format itself come after.
        object? value = Value(path);
        if (rest.StartsWith(':')) spec = Format(rest[1..], depth - 1);
        value = conversion switch
        {
            '\0' => value,
            's' => Repr.Str(rt, value),
            'r' => Repr.Of(rt, value),
            'a' => Str.Is(value, out string s) ? Repr.Quote(s, asciiOnly: true) : Repr.Of(rt, value),
            _ => throw JinjaError.Value($"Unknown conversion specifier {conversion}"),
        };
        if (value is Undefined && spec.Length == 0) return "";
        if (!escape) return FormatSpec.Format(rt, value, spec);
        if (value is Markup m) return spec.Length == 0 ? m.Text : throw JinjaError.Value("Unsupported format specification for Markup.");
        return Html.Escape(rt, FormatSpec.Format(rt, value, spec)).Text;
    }

    private object? Value(string path)
    {
        int end = path.IndexOfAny(['.', '[']);
        string first = end < 0 ? path : path[..end];
        object? value;
        if (first.Length == 0 || first.All(char.IsAsciiDigit))
        {
            if (first.Length == 0 ? _manual : _automatic > 0)
                throw JinjaError.Value(_manual ? "cannot switch from manual field specification to automatic field numbering" : "cannot switch from automatic field numbering to manual field specification");
            _manual |= first.Length > 0;
            if (!int.TryParse(first.Length == 0 ? (_automatic++).ToString(CultureInfo.InvariantCulture) : first, out int index) || index >= arguments.Positional.Count)
                throw new JinjaError(ErrorKind.IndexError, "Replacement index out of range for positional args tuple");
            value = arguments.Positional[index];
        }
        else if (mapping is not null)
        {
            if (!mapping.TryGet(first, out value)) throw new JinjaError(ErrorKind.KeyError, Repr.Quote(first));
        }
        else if (!arguments.TryKeyword(first, out value))
        {
            throw new JinjaError(ErrorKind.KeyError, Repr.Quote(first));
        }
        for (int at = end; at >= 0 && at < path.Length;)
        {
            if (path[at] == '.')
            {
                int stop = path.IndexOfAny(['.', '['], at + 1);
                if (stop < 0) stop = path.Length;
                if (stop == at + 1) throw JinjaError.Value("Empty attribute in format string");
                value = Lookup.Attribute(rt, value, path[(at + 1)..stop]);
                at = stop;
            }
            else
            {
                int stop = path.IndexOf(']', at);
                if (stop < 0) throw JinjaError.Value("Missing ']' in format string");
                string key = path[(at + 1)..stop];
                if (key.Length == 0) throw JinjaError.Value("Empty attribute in format string");
                value = Lookup.Item(rt, value, key.All(char.IsAsciiDigit) && long.TryParse(key, out long index) ? index : key);
                at = stop + 1;
                if (at < path.Length && path[at] is not ('.' or '[')) throw JinjaError.Value("Only '.' or '[' may follow ']' in format field specifier");
            }
        }
        return value;
    }
}
