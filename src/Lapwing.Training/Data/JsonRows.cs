using System.Text;
using System.Text.Json;

namespace Lapwing.Training.Data;

/// <summary>Cuts the bytes of a JSON or JSONL file into rows, each with its line. Nothing is parsed deeper than 64 levels or held twice.</summary>
internal static class JsonRows
{
    private const int MaxDepth = 64;

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
            int length = file.Span[start..].IndexOf((byte)'\n');
            int end = length < 0 ? file.Length : start + length;
            line++;
            var row = file[start..end];
            if (row.Span.ContainsAnyExcept(" \t\r"u8)) yield return new(line, row);
            start = end + 1;
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
            throw new InvalidDataException($"{name}:{(e.LineNumber ?? 0) + 1} is not JSON: {Reason(e)}", e);
        }

        return rows;
    }

    /// <summary>Parses one row.</summary>
    /// <exception cref="RowException">Not UTF-8, not JSON, or too long.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> row)
    {
        if (row.Length > MaxRowBytes) throw new RowException(RowProblem.Malformed, $"{row.Length} bytes in one row; at most {MaxRowBytes} are read");
        if (!System.Text.Unicode.Utf8.IsValid(row.Span)) throw new RowException(RowProblem.NotUtf8, $"byte {row.Span[InvalidAt(row.Span)]:x2}");
        return JsonDocument.Parse(row, Strict);
    }

    /// <summary>What the parser found wrong, without its position (which counts from the row's start) and without the row's text, on one line.</summary>
    public static string Reason(JsonException e)
    {
        const string Literal = "an invalid JSON literal";
        int position = e.Message.LastIndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = (position < 0 ? e.Message : e.Message[..position]).TrimEnd('.');
        // The parser quotes all that follows a word that it does not know.
        int literal = reason.LastIndexOf(Literal, StringComparison.Ordinal);
        return RowParser.Readable(literal < 0 ? reason : reason[literal..], 100);
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
