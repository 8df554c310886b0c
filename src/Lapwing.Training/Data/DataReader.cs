using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Lapwing.Training.Data;

/// <summary>
/// Reads data files: JSON lists, JSONL and plain text, each row in any <see cref="DataForm"/>, recognised by content. Rows that cannot be used
/// are left out, counted and named in the <see cref="DataReport"/>; a file that is no data at all stops the run.
/// </summary>
public static class DataReader
{
    // A file is held in memory while it is read.
    private const long MaxFileBytes = 1L << 30;
    private static readonly string[] Extensions = [".json", ".jsonl", ".ndjson", ".txt", ".text", ".md"];

    /// <summary>Reads files, and the data files of folders, in the order given.</summary>
    /// <exception cref="FileNotFoundException">A path that does not exist.</exception>
    /// <exception cref="InvalidDataException">A file that is no data, a placeholder without a value, or no usable row at all.</exception>
    /// <exception cref="NotSupportedException">A format that is not read, such as Parquet.</exception>
    public static DataSet Read(IReadOnlyList<string> paths, DataOptions options)
    {
        if (paths.Count == 0) throw new ArgumentException("no data: name at least one file");
        var report = new DataReport();
        var placeholders = new Placeholders(options.Values, options.KeepPlaceholders);
        var rows = new List<DataRow>();
        var files = new List<DataFile>();
        foreach (string path in paths.SelectMany(Expand))
        {
            byte[] bytes = ReadBytes(path);
            string name = Path.GetFileName(path);
            int before = rows.Count;
            ReadFile(name, bytes, placeholders, rows, report);
            files.Add(new(name, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), rows.Count - before));
        }

        NameDuplicates(rows, report);
        string[] unused = [.. placeholders.Unused];
        if (unused.Length > 0 && rows.Count > 0) report.AddRecognised($"--set {string.Join(", ", unused)}: no row has such a placeholder");
        if (rows.Count == 0) throw new InvalidDataException(string.Join("; ", (IEnumerable<string>)["the data has no usable row", .. report.Problems()]));
        return new(rows, files, report);
    }

    private static IEnumerable<string> Expand(string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = [.. Directory.GetFiles(path).Where(f => Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new InvalidDataException($"{path} holds no data: files that end in {string.Join(", ", Extensions)} are read");
    }

    private static byte[] ReadBytes(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists) throw new FileNotFoundException($"{path}: no such data file", path);
        if (info.Length > MaxFileBytes) throw new NotSupportedException($"{path} has {info.Length >> 20} MiB; data files of up to {MaxFileBytes >> 20} MiB are read: split it");
        return File.ReadAllBytes(path);
    }

    private static void ReadFile(string name, byte[] bytes, Placeholders placeholders, List<DataRow> rows, DataReport report)
    {
        ReadOnlyMemory<byte> content = bytes;
        RefuseForeign(name, content.Span);
        if (content.Span.StartsWith("\uFEFF"u8)) content = content[3..];
        if (!content.Span.ContainsAnyExcept(" \t\r\n"u8)) throw new InvalidDataException($"{name} is empty");
        if (IsText(name, content.Span))
        {
            ReadText(name, content, placeholders, rows, report);
            return;
        }

        var pieces = IsDocument(name, content) ? JsonRows.Document(name, content) : JsonRows.Lines(content);
        var forms = new SortedDictionary<DataForm, int>();
        foreach (var piece in pieces) ReadRow(new(name, piece.Line), piece.Json, placeholders, rows, report, forms);
        report.AddRecognised(forms.Count == 0 ? $"{name}: no usable row" : $"{name}: " + string.Join("; ", forms.Select(f => $"{f.Value} {(f.Value == 1 ? "row" : "rows")} in the form {f.Key.Describe()}")));
    }

    private static void ReadRow(RowOrigin origin, ReadOnlyMemory<byte> json, Placeholders placeholders, List<DataRow> rows, DataReport report, SortedDictionary<DataForm, int> forms)
    {
        try
        {
            using var document = JsonRows.Parse(json);
            var (form, parsed) = RowParser.Parse(document.RootElement, origin, placeholders);
            rows.AddRange(parsed);
            forms[form] = forms.GetValueOrDefault(form) + parsed.Count;
        }
        catch (RowException e)
        {
            report.Add(e.Problem, origin, e.Message);
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json finds half of a surrogate pair (\ud800) only when the string is asked for.
            report.Add(RowProblem.Malformed, origin, "a string with half a surrogate pair (\\ud800 alone): write the character itself, or both halves");
        }
    }

    private static void ReadText(string name, ReadOnlyMemory<byte> content, Placeholders placeholders, List<DataRow> rows, DataReport report)
    {
        int invalid = JsonRows.InvalidAt(content.Span);
        if (invalid < content.Length) throw new InvalidDataException($"{name}:{content.Span[..invalid].Count((byte)'\n') + 1} is not UTF-8 (byte {content.Span[invalid]:x2}): save the file as UTF-8");
        string text = Encoding.UTF8.GetString(content.Span);
        int before = rows.Count;
        foreach (var row in TextDocuments.Part(name, text)) rows.Add(row with { Text = placeholders.Fill(row.Text, row.Origin) });
        int documents = rows.Count - before;
        report.AddRecognised($"{name}: {DataForm.Text.Describe()}, {documents} {(documents == 1 ? "document" : "documents")}, {text.Length} characters");
    }

    // The name decides for text, which may open with a brace; everything else shows by its first character.
    private static bool IsText(string name, ReadOnlySpan<byte> content)
    {
        string extension = Path.GetExtension(name).ToLowerInvariant();
        if (extension is ".txt" or ".text" or ".md") return true;
        if (content[content.IndexOfAnyExcept(" \t\r\n"u8)] is (byte)'{' or (byte)'[') return false;
        return extension is ".json" or ".jsonl" or ".ndjson" ? throw new InvalidDataException($"{name} is not JSON: it must open with {{ or [; plain text goes into a file that ends in .txt") : true;
    }

    private static bool IsDocument(string name, ReadOnlyMemory<byte> content)
    {
        if (Path.GetExtension(name).ToLowerInvariant() is ".jsonl" or ".ndjson") return false;
        if (content.Span[content.Span.IndexOfAnyExcept(" \t\r\n"u8)] == (byte)'[') return true;
        try
        {
            using var first = JsonDocument.Parse(JsonRows.Lines(content).First().Json, JsonRows.Strict);
            return false;
        }
        catch (JsonException)
        {
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // a whole value, with a name of half a surrogate pair: a row that will be left out by name
        }
    }

    private static void RefuseForeign(string name, ReadOnlySpan<byte> content)
    {
        string? what =
            content.StartsWith("PAR1"u8) ? "Parquet" :
            content.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? "gzip" :
            content.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? "Zstandard" :
            content.StartsWith("PK\u0003\u0004"u8) ? "ZIP" :
            content.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || content.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]) || content.Length > 1 && (content[0] == 0) != (content[1] == 0) ? "UTF-16" :
            Path.GetExtension(name).ToLowerInvariant() is ".csv" or ".tsv" ? "a table" : null;
        if (what is not null) throw new NotSupportedException($"{name} is {what}: write the rows as JSON, JSONL or plain text in UTF-8");
    }

    private static void NameDuplicates(List<DataRow> rows, DataReport report)
    {
        var seen = new HashSet<UInt128>();
        foreach (var row in rows)
        {
            byte[] hash = SHA256.HashData(row switch
            {
                ConversationRow c => Encoding.UTF8.GetBytes(string.Join('\n', c.Messages.Select(m => m.ToJsonString())) + c.Tools?.ToJsonString()),
                TextRow t => Encoding.UTF8.GetBytes(t.Text),
                TokenRow t => MemoryMarshal.AsBytes<int>((int[])[.. t.Ids, .. t.Labels]).ToArray(),
                _ => throw new InvalidOperationException($"a row of type {row.GetType().Name}"),
            });
            if (!seen.Add(MemoryMarshal.Read<UInt128>(hash))) report.Add(RowProblem.Duplicate, row.Origin);
        }
    }
}
