using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>Cuts the bytes of a JSON or JSONL file into rows, each with its line. Nothing is parsed deeper than 64 levels or held twice.</summary>
internal static class JsonRows
{
    /// <summary>Levels of lists and objects in each other.</summary>
    public const int MaxDepth = 64;

    // 16 MiB is about four million tokens: no example, and a file that lacks its line ends.
    private const int MaxRowBytes = 16 << 20;

    /// <summary>No comments, no trailing commas, bounded depth, and no name twice in an object.</summary>
    public static JsonDocumentOptions Strict { get; } = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>One piece of the file: a line of JSONL, or an element of a JSON list.</summary>
    public readonly record struct Row(int Line, ReadOnlyMemory<byte> Json);

    /// <summary>The lines that are not blank.</summary>
    public static IEnumerable<Row> Lines(ReadOnlyMemory<byte> file)
    {
        int line = 0;
        for (int start = 0; start < file.Length;)
        {
            // No line end may stand bare within JSON's strings, so a lone CR ends a line as well.
            int length = file.Span[start..].IndexOfAny((byte)'\n', (byte)'\r');
            int end = length < 0 ? file.Length : start + length;
            line++;
            var row = file[start..end];
            // Files that were put together bring a byte order mark each.
            if (row.Span.StartsWith("\uFEFF"u8)) row = row[3..];
            if (row.Span.ContainsAnyExcept(" \t"u8)) yield return new(line, row);
            start = end + (file.Span[end..].StartsWith("\r\n"u8) ? 2 : 1);
        }
    }

    /// <summary>The elements of the file's list; or, where it is no list, its values one after another (pretty-printed rows).</summary>
    /// <exception cref="InvalidDataException">Not JSON: with the line.</exception>
    public static List<Row> Document(string name, ReadOnlyMemory<byte> file)
    {
        var rows = new List<Row>();
        int line = 1, counted = 0;
        var reader = new Utf8JsonReader(file.Span, new JsonReaderOptions { MaxDepth = MaxDepth, AllowMultipleValues = true });
        try
        {
            bool list = false;
            while (reader.Read())
            {
                if (rows.Count == 0 && !list && reader.TokenType == JsonTokenType.StartArray)
                {
                    list = true;
                    continue;
                }

                if (list && reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == 0) break;
                int start = (int)reader.TokenStartIndex;
                line += file.Span[counted..start].Count((byte)'\n');
                counted = start;
                reader.Skip();
                rows.Add(new(line, file[start..(int)reader.BytesConsumed]));
            }

            if (list && reader.Read()) throw new InvalidDataException($"{name}: something follows the end of the list: one list a file, or rows as JSONL");
        }
        catch (JsonException e)
        {
            throw NotJson(name, file.Span, e);
        }

        return rows;
    }

    /// <summary>Parses one row.</summary>
    /// <exception cref="RowException">Not UTF-8, not JSON, or too long.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> row)
    {
        if (row.Length > MaxRowBytes) throw new RowException(RowProblem.Malformed, $"{row.Length >> 20} MiB in one row, and at most {MaxRowBytes >> 20} are read: is a line end missing?");
        if (!System.Text.Unicode.Utf8.IsValid(row.Span))
        {
            int invalid = InvalidAt(row.Span);
            throw new RowException(RowProblem.NotUtf8, $"character {Encoding.UTF8.GetCharCount(row.Span[..invalid]) + 1}: byte {row.Span[invalid]:x2} is no UTF-8: save the file as UTF-8");
        }

        try
        {
            return JsonDocument.Parse(row, Strict);
        }
        catch (JsonException e)
        {
            throw new RowException(RowProblem.Malformed, JsonFault.Describe(row.Span, e));
        }
    }

    /// <summary>JSON that stands as text in a row's string: tools and function calls in some forms.</summary>
    /// <exception cref="RowException">It is none; <paramref name="what"/> names the place.</exception>
    public static JsonNode? Inner(string json, string what)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException e)
        {
            throw new RowException(RowProblem.Malformed, $"{what}: its text is no JSON, {JsonFault.Describe(Encoding.UTF8.GetBytes(json), e)}");
        }
    }

    private static InvalidDataException NotJson(string name, ReadOnlySpan<byte> file, JsonException e)
    {
        int invalid = InvalidAt(file);
        var (offset, what) = invalid < file.Length ? (invalid, $"byte {file[invalid]:x2} is no UTF-8: save the file as UTF-8") : JsonFault.Find(file, several: true, e);
        int character = Encoding.UTF8.GetCharCount(file[(file[..offset].LastIndexOf((byte)'\n') + 1)..offset]) + 1;
        return new($"{name}:{file[..offset].Count((byte)'\n') + 1} is not JSON: character {character}: {what}", e);
    }

    /// <summary>Where the first byte that is no UTF-8 stands.</summary>
    public static int InvalidAt(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[i..], out _, out int consumed) != System.Buffers.OperationStatus.Done) return i;
            i += consumed;
        }

        return text.Length;
    }
}
