using System.Text.Json;
using Lapwing.Formats.Files;

namespace Lapwing.Formats.Safetensors;

/// <summary><c>model.safetensors.index.json</c>: which file holds which tensor.</summary>
internal static class SafetensorsIndex
{
    public const string FileName = "model.safetensors.index.json";

    /// <summary>A map of a million tensors is about 100 MB.</summary>
    private const int Largest = 256 << 20;

    /// <summary>Tensor name → file name, in the file's order.</summary>
    public static OrderedDictionary<string, string> Read(string path) => Parse(path, InputFile.ReadAll(path, Largest));

    internal static OrderedDictionary<string, string> Parse(string path, ReadOnlyMemory<byte> content)
    {
        using var document = Json.Parse(path, content);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{path} has no weight_map: it is no index of safetensors files; download it again");
        var files = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            string? file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            // An index comes from a stranger: it may name its neighbours and nothing else.
            if (string.IsNullOrEmpty(file) || file is "." or ".." || file.AsSpan().ContainsAny('/', '\\', ':') || file.Any(char.IsControl))
                throw new InvalidDataException($"{path} places tensor {Wording.Quote(entry.Name)} in {(file is null ? "something that is no name" : Wording.Quote(file))}: only files beside the index are allowed");
            files.Add(entry.Name, file);
        }
        if (files.Count == 0) throw new InvalidDataException($"{path} names no tensors; download it again");
        return files;
    }
}
