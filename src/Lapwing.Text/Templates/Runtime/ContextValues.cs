using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Values from outside, as Python values: what <c>json.loads</c> would make of them.</summary>
internal static class ContextValues
{
    public static PyDict Root(Interpreter rt, object context) => Convert(rt, context) as PyDict
        ?? throw new ArgumentException("the context of a template must be a JSON object", nameof(context));

    private static object? Convert(Interpreter rt, object? value)
    {
        Interpreter.EnsureStack();
        switch (value)
        {
            case null: return null;
            case string or bool or long or double: return value;
            case JsonElement element: return FromElement(rt, element);
            case JsonValue scalar: return Convert(rt, scalar.GetValue<object>());
            case JsonArray array: return Items(rt, array);
            case JsonObject members:
                var converted = new PyDict(rt);
                foreach ((string key, JsonNode? item) in Members(members)) converted.Set(key, Convert(rt, item));
                return converted;
            case int or short or sbyte or byte or ushort or uint: return System.Convert.ToInt64(value, CultureInfo.InvariantCulture);
            case ulong u: return Numbers.Normalize(u);
            case BigInteger big: return Numbers.Normalize(big);
            case float or decimal: return System.Convert.ToDouble(value, CultureInfo.InvariantCulture);
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                var dict = new PyDict(rt);
                foreach ((string key, object? item) in pairs) dict.Set(key, Convert(rt, item));
                return dict;
            case IEnumerable items: return Items(rt, items);
            default: throw new ArgumentException($"a template cannot take a value of type {value.GetType()}", nameof(value));
        }
    }

    private static List<object?> Items(Interpreter rt, IEnumerable items)
    {
        var list = new List<object?>();
        foreach (object? item in items) list.Add(Convert(rt, item));
        return list;
    }

    private static List<KeyValuePair<string, JsonNode?>> Members(JsonObject members)
    {
        try
        {
            return [.. members];
        }
        catch (ArgumentException)
        {
            throw JinjaError.Value("an object of the context has the same member twice");
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    private static object? FromElement(Interpreter rt, JsonElement element)
    {
        Interpreter.EnsureStack();
        switch (element.ValueKind)
        {
            case JsonValueKind.String: return Text(element.GetString);
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Number: return Number(element.GetRawText());
            case JsonValueKind.Array:
                var list = new List<object?>(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray()) list.Add(FromElement(rt, item));
                return list;
            case JsonValueKind.Object:
                var dict = new PyDict(rt);
                foreach (JsonProperty property in element.EnumerateObject()) dict.Set(Text(() => property.Name), FromElement(rt, property.Value));
                return dict;
            default: return null;
        }
    }

    private static string? Text(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    private static JinjaError HalfPair() => JinjaError.Value("a string of the context holds half a surrogate pair (\\ud800 to \\udfff alone), which is no text");

    private static object Number(string text)
    {
        if (text.AsSpan().IndexOfAny(".eE") >= 0) return double.Parse(text, CultureInfo.InvariantCulture);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)) return integer;
        return text.Length > 4300 ? throw JinjaError.Value("Exceeds the limit (4300 digits) for integer string conversion") : BigInteger.Parse(text, CultureInfo.InvariantCulture);
    }
}
