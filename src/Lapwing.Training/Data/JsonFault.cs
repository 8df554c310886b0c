using System.Text;
using System.Text.Json;

namespace Lapwing.Training.Data;

/// <summary>
/// Says in plain words what is wrong with text that should be JSON, where, and what to write instead. Reads the grammar of RFC 8259 by
/// itself: a library's messages speak of readers and tokens, and what people get wrong by hand is a short list.
/// </summary>
internal ref struct JsonFault
{
    private readonly ReadOnlySpan<byte> json;
    private int at;
    private int faultAt;
    private string? fault;

    private JsonFault(ReadOnlySpan<byte> json) => this.json = json;

    /// <summary>What is wrong and where, such as <c>character 17: a comma is missing</c>. The line is named where it is not the first.</summary>
    /// <param name="json">Valid UTF-8 that a parser refused.</param>
    /// <param name="refusal">What it said: for what is not found here.</param>
    public static string Describe(ReadOnlySpan<byte> json, JsonException refusal)
    {
        var (offset, what) = Find(json, several: false, refusal);
        int line = json[..offset].Count((byte)'\n');
        int character = Encoding.UTF8.GetCharCount(json[(json[..offset].LastIndexOf((byte)'\n') + 1)..offset]) + 1;
        return line == 0 ? $"character {character}: {what}" : $"line {line + 1} of it, character {character}: {what}";
    }

    /// <summary>The byte at which the text goes wrong, and what is wrong there.</summary>
    /// <param name="json">Valid UTF-8 that a parser refused.</param>
    /// <param name="several">Whether more than one value may stand in it.</param>
    /// <param name="refusal">What the parser said.</param>
    public static (int Offset, string What) Find(ReadOnlySpan<byte> json, bool several, JsonException refusal)
    {
        var scan = new JsonFault(json);
        bool good = scan.Value(1);
        for (scan.Blanks(); good && scan.at < json.Length; scan.Blanks())
            good = several ? scan.Value(1) : scan.Fail($"something follows the end of the {(json[0] == (byte)'[' ? "list" : "row")}: a row stands on a line of its own");
        if (scan.fault is not null) return (scan.faultAt, scan.fault);
        return (0, several ? null : FieldTwice(json)) is (_, { } twice) ? (0, twice) : (Offset(json, refusal), "it is no JSON that can be read");
    }

    private bool Value(int depth)
    {
        if (depth > JsonRows.MaxDepth) return Fail($"nested deeper than {JsonRows.MaxDepth} levels");
        Blanks();
        if (at == json.Length) return Fail("it ends where a value should stand: the row is cut off");
        switch (json[at])
        {
            case (byte)'{': return Object(depth);
            case (byte)'[': return List(depth);
            case (byte)'"': return Text();
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'): return Number();
            default:
                if (Word() is { } word && word is "true" or "false" or "null")
                {
                    at += word.Length;
                    return true;
                }

                return Fail(Misplaced());
        }
    }

    private bool Object(int depth)
    {
        at++;
        for (bool first = true; ; first = false)
        {
            Blanks();
            if (at == json.Length) return Fail(EndsIn("an object", "}"));
            if (json[at] == (byte)'}' && first) break;
            if (json[at] == (byte)'}') return Fail("a comma before }: take it away");
            if (json[at] != (byte)'"') return Fail(Word() is { } name && Quote() is null ? $"the name of a field without quotes: write \"{name}\"" : Misplaced());
            if (!Text()) return false;
            Blanks();
            if (at == json.Length) return Fail(EndsIn("an object", "}"));
            if (json[at] != (byte)':') return Fail("a colon is missing after the name of a field");
            at++;
            if (!Value(depth + 1)) return false;
            Blanks();
            if (at == json.Length) return Fail(EndsIn("an object", "}"));
            if (json[at] == (byte)'}') break;
            if (json[at] != (byte)',') return Fail("a comma or } is missing (a quote inside a string is written \\\")");
            at++;
        }

        at++;
        return true;
    }

    private bool List(int depth)
    {
        at++;
        for (bool first = true; ; first = false)
        {
            Blanks();
            if (at == json.Length) return Fail(EndsIn("a list", "]"));
            if (json[at] == (byte)']' && first) break;
            if (json[at] == (byte)']') return Fail("a comma before ]: take it away");
            if (!Value(depth + 1)) return false;
            Blanks();
            if (at == json.Length) return Fail(EndsIn("a list", "]"));
            if (json[at] == (byte)']') break;
            if (json[at] != (byte)',') return Fail("a comma or ] is missing (a quote inside a string is written \\\")");
            at++;
        }

        at++;
        return true;
    }

    private bool Text()
    {
        for (at++; at < json.Length; at++)
        {
            byte c = json[at];
            if (c == (byte)'"')
            {
                at++;
                return true;
            }

            if (c < 0x20)
            {
                return Fail(c switch
                {
                    (byte)'\n' or (byte)'\r' => "a line ends inside a string: write \\n, or close the string",
                    (byte)'\t' => "a bare tab in a string: write \\t",
                    _ => $"the control character {c:x2} in a string: write \\u{c:x4}, or take it away",
                });
            }

            if (c != (byte)'\\') continue;
            if (++at == json.Length) break;
            if (json[at] == (byte)'u')
            {
                if (at + 4 >= json.Length) break;
                if (!IsHexadecimal(json.Slice(at + 1, 4))) return Fail("\\u without four hexadecimal digits: a backslash itself is written \\\\");
                at += 4;
            }
            else if (!"\"\\/bfnrt"u8.Contains(json[at])) return Fail("a backslash before a letter that it does not go with: a backslash itself is written \\\\");
        }

        at = json.Length;
        return Fail("it ends inside a string: the row is cut off, or a quote is missing");
    }

    private bool Number()
    {
        int start = at;
        if (json[at] == (byte)'-') at++;
        int whole = Digits();
        bool good = whole == 1 || (whole > 1 && json[at - whole] != (byte)'0');
        if (at < json.Length && json[at] == (byte)'.')
        {
            at++;
            good &= Digits() > 0;
        }

        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            if (at < json.Length && json[at] is (byte)'+' or (byte)'-') at++;
            good &= Digits() > 0;
        }

        if (good) return true;
        at = start;
        return Fail("a number that JSON has not, such as 012, 1. or -Infinity: write it plainly, or as a string");
    }

    private static bool IsHexadecimal(ReadOnlySpan<byte> digits)
    {
        foreach (byte digit in digits)
            if (!char.IsAsciiHexDigit((char)digit)) return false;
        return true;
    }

    private int Digits()
    {
        int start = at;
        while (at < json.Length && json[at] is >= (byte)'0' and <= (byte)'9') at++;
        return at - start;
    }

    private void Blanks()
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
    }

    // What stands where a value or the name of a field should.
    private readonly string Misplaced() => Quote() ?? (json[at] switch
    {
        (byte)'}' or (byte)']' or (byte)',' or (byte)':' => $"{(char)json[at]} stands where a value should",
        (byte)'/' or (byte)'#' => "a comment, which JSON has not: take it away",
        (byte)'+' or (byte)'.' => "a number must begin with a digit or a minus",
        _ => Word() switch
        {
            "True" or "False" or "None" => $"a word of Python's: write {(Word() == "None" ? "null" : Word()!.ToLowerInvariant())} (json.dumps does)",
            "NaN" or "Infinity" or "undefined" => "JSON has no such value: write null, or leave the field out",
            not null => "text without quotes: put it between \" and \"",
            null => "no value can begin like this: text stands between \" and \"",
        },
    });

    private readonly string? Quote() =>
        json[at] == (byte)'\'' ? "a single quote: JSON takes \"" :
        json[at] == (byte)'`' ? "a backquote: JSON takes \"" :
        json[at..].StartsWith("“"u8) || json[at..].StartsWith("”"u8) || json[at..].StartsWith("„"u8) || json[at..].StartsWith("«"u8) ? "a typographic quote: JSON takes \"" : null;

    // The word at the scan's place, short enough to be shown; null where there is none.
    private readonly string? Word()
    {
        int end = at;
        while (end < json.Length && end - at < 24 && (char.IsAsciiLetterOrDigit((char)json[end]) || json[end] == (byte)'_')) end++;
        return end > at && !char.IsAsciiDigit((char)json[at]) ? Encoding.ASCII.GetString(json[at..end]) : null;
    }

    private static string EndsIn(string what, string bracket) => $"it ends inside {what}: the row is cut off, a {bracket} is missing, or it does not stand on one line";

    private bool Fail(string what)
    {
        (fault, faultAt) = (what, Math.Min(at, json.Length));
        return false;
    }

    // Programs differ in which of the two counts, and a row should mean one thing.
    private static string? FieldTwice(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), JsonRows.Strict with { AllowDuplicateProperties = true });
            return In(document.RootElement) is { } name ? $"the field \"{RowParser.Readable(name)}\" stands twice in one object: keep one" : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }

        static string? In(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array) return element.EnumerateArray().Select(In).FirstOrDefault(n => n is not null);
            if (element.ValueKind != JsonValueKind.Object) return null;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var property in element.EnumerateObject())
            {
                if (!names.Add(property.Name)) return property.Name;
                if (In(property.Value) is { } inner) return inner;
            }

            return null;
        }
    }

    private static int Offset(ReadOnlySpan<byte> json, JsonException refusal)
    {
        int offset = 0;
        for (long line = refusal.LineNumber ?? 0; line > 0; line--)
        {
            int next = json[offset..].IndexOf((byte)'\n');
            if (next < 0) break;
            offset += next + 1;
        }

        offset = (int)Math.Min(json.Length, offset + (refusal.BytePositionInLine ?? 0));
        // Not into the middle of a character.
        while (offset > 0 && offset < json.Length && (json[offset] & 0xc0) == 0x80) offset--;
        return offset;
    }
}
