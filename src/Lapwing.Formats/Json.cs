using System.Text.Json;

namespace Lapwing.Formats;

/// <summary>JSON from files of strangers.</summary>
internal static class Json
{
    /// <summary>
    /// Parses a document. Property names that stand twice are refused: programs differ in which one counts, and a file should mean
    /// one thing. All text is checked here, so that reading it later cannot fail.
    /// </summary>
    /// <exception cref="InvalidDataException">It is no JSON.</exception>
    public static JsonDocument Parse(string path, ReadOnlyMemory<byte> content)
    {
        // Some editors put a byte order mark first; RFC 8259 lets a reader skip it.
        if (content.Span.StartsWith("\uFEFF"u8)) content = content[3..];
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(content, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
            CheckText(document.RootElement);
            return document;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is no JSON that can be read (line {1 + (e.LineNumber ?? 0)}, byte {1 + (e.BytePositionInLine ?? 0)}): {FirstSentence(e.Message)}", e);
        }
        catch (InvalidOperationException e)
        {
            document?.Dispose();
            throw new InvalidDataException($"{path} holds text that is not Unicode; download it again", e);
        }
    }

    private static void CheckText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) CheckText(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckText(property.Value);
                }
                break;
        }
    }

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        // The parser quotes the file's own text at length.
        return Wording.Clean((end < 0 ? message : message[..end]).TrimEnd('.'));
    }
}
