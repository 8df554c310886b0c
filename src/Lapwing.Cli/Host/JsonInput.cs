using System.Text.Json;

namespace Lapwing.Cli.Host;

/// <summary>JSON that a person hands in.</summary>
internal static class JsonInput
{
    /// <summary>Parses the file at <paramref name="path"/>.</summary>
    /// <exception cref="InvalidDataException">It is no JSON.</exception>
    public static JsonElement Read(string path)
    {
        byte[] bytes = TextInput.ReadBytes(path);
        var content = bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
        return Parse(content, path);
    }

    /// <summary>Parses text; <paramref name="origin"/> is for messages.</summary>
    /// <exception cref="InvalidDataException">It is no JSON.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> content, string origin)
    {
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 256 });
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{origin} is no JSON that can be read (line {1 + (e.LineNumber ?? 0)}, byte {1 + (e.BytePositionInLine ?? 0)})", e);
        }
    }

    /// <summary>The string that <paramref name="element"/> is.</summary>
    /// <exception cref="InvalidDataException">It is none, or no Unicode text.</exception>
    public static string Text(JsonElement element, string origin)
    {
        try
        {
            if (element.ValueKind == JsonValueKind.String) return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{origin} holds half of a character (a lone surrogate); it cannot be read as text", e);
        }
        throw new InvalidDataException($"{origin} is no string");
    }

    /// <summary>A JSON array of token ids.</summary>
    /// <exception cref="InvalidDataException">It is anything else.</exception>
    public static int[] Ids(string path)
    {
        var root = Read(path);
        if (root.ValueKind != JsonValueKind.Array) throw new InvalidDataException($"{path} must hold a JSON array of token ids, such as [1, 2, 3]");
        var ids = new int[root.GetArrayLength()];
        int i = 0;
        foreach (var item in root.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[i]) || ids[i] < 0)
                throw new InvalidDataException($"{path}: element {i} is no token id");
            i++;
        }
        return ids.Length > 0 ? ids : throw new InvalidDataException($"{path} holds no token ids; give at least one");
    }
}
