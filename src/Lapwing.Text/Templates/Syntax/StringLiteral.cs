using System.Globalization;
using System.Text;

namespace Lapwing.Text.Templates.Syntax;

/// <summary>Jinja string literals: Python's <c>unicode-escape</c> codec, unknown escapes staying as they are written.</summary>
internal static class StringLiteral
{
    /// <exception cref="FormatException">An escape is cut short or names no character.</exception>
    public static string Unescape(string body)
    {
        if (!body.Contains('\\')) return body;
        var text = new StringBuilder(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            char c = body[i];
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }
            c = body[++i];
            switch (c)
            {
                case '\n': break;
                case '\\' or '\'' or '"': text.Append(c); break;
                case 'a': text.Append('\a'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'n': text.Append('\n'); break;
                case 'r': text.Append('\r'); break;
                case 't': text.Append('\t'); break;
                case 'v': text.Append('\v'); break;
                case 'x': Hex(2); break;
                case 'u': Hex(4); break;
                case 'U': Hex(8); break;
                case 'N': throw new FormatException("\\N{...} names are not supported in strings: write the character itself or \\uXXXX");
                case >= '0' and <= '7':
                    int value = c - '0';
                    for (int n = 1; n < 3 && i + 1 < body.Length && body[i + 1] is >= '0' and <= '7'; n++) value = (value * 8) + body[++i] - '0';
                    text.Append((char)value);
                    break;
                // Jinja escapes everything beyond ASCII before it decodes, so a backslash before such a letter eats the escape's own.
                case > '\x7f':
                    text.Append('\\').Append(c <= 0xff ? $"x{(int)c:x2}" : $"u{(int)c:x4}");
                    break;
                default: text.Append('\\').Append(c); break;
            }

            void Hex(int digits)
            {
                if (i + digits >= body.Length || !int.TryParse(body.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
                    throw new FormatException($"truncated \\{c}{new string('X', digits)} escape");
                if (code is < 0 or > 0x10ffff) throw new FormatException("illegal Unicode character");
                i += digits;
                if (code < 0x10000) text.Append((char)code);
                else text.Append(char.ConvertFromUtf32(code));
            }
        }
        return text.ToString();
    }
}
