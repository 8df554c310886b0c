using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>Typed access to tokenizer.json and its like: whatever is not as it should be is an <see cref="InvalidDataException"/> that names the place.</summary>
internal static class JsonReading
{
    /// <summary>Parses <paramref name="json"/>, which must hold an object.</summary>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> json, string file)
    {
        // Editors on Windows put a byte order mark there.
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is not valid JSON (line {(e.LineNumber ?? 0) + 1}): {Clause(e.Message)}");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new InvalidDataException($"{file} does not hold a JSON object.");
    }

    private static string Clause(string message)
    {
        int end = message.IndexOf(" LineNumber", StringComparison.Ordinal);
        // The parser quotes the file's own text at length.
        return Vocabulary.Show(end < 0 ? message : message[..end], 100);
    }

    /// <summary>The member <paramref name="name"/>; null where it is missing or JSON's null.</summary>
    internal static JsonElement? Member(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Bad(name, "inside an object");
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    internal static JsonElement Need(this JsonElement element, string name) => element.Member(name) ?? throw Bad(name, "there, and it must be");

    internal static string Text(this JsonElement element, string name) => AsText(element.Need(name), name);

    internal static string? OptionalText(this JsonElement element, string name) => element.Member(name) is { } value ? AsText(value, name) : null;

    internal static bool Flag(this JsonElement element, string name, bool otherwise) => element.OptionalFlag(name) ?? otherwise;

    internal static bool? OptionalFlag(this JsonElement element, string name) => element.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Bad(name, "true or false"),
    };

    internal static int Integer(this JsonElement element, string name) => AsInteger(element.Need(name), name);

    internal static int AsInteger(JsonElement value, string name)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Bad(name, "a whole number in range");

    internal static double AsNumber(JsonElement value, string name)
        => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : throw Bad(name, "a number");

    internal static JsonElement.ArrayEnumerator Items(this JsonElement element, string name) => AsItems(element.Need(name), name);

    internal static JsonElement.ArrayEnumerator AsItems(JsonElement value, string name)
        => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Bad(name, "an array");

    internal static JsonElement.ObjectEnumerator AsMembers(JsonElement value, string name)
        => value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Bad(name, "an object");

    internal static string AsText(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String) throw Bad(name, "a string");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Bad(name, "a well-formed string: it holds half of a surrogate pair");
        }
    }

    internal static string Name(JsonProperty member, string of)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Bad(of, "well-formed: one of its names holds half of a surrogate pair");
        }
    }

    internal static InvalidDataException Bad(string name, string what) => new($"In tokenizer.json, '{Vocabulary.Show(name)}' is not {what}.");
}
