using System.Text.Json;

namespace Lapwing.Cli.Showing;

/// <summary>A summary for programs.</summary>
internal static class SummaryJson
{
    public static void Write(Utf8JsonWriter json, ModelSummary summary, IReadOnlyList<(string File, string Hash)>? hashes, IReadOnlyList<string>? damage, bool tensors)
    {
        json.WriteStartObject();
        json.WriteString("path", summary.Path);
        json.WriteString("format", summary.Format);
        json.WriteString("kind", summary.Kind);
        json.WriteString("name", summary.Name);
        json.WriteString("architecture", summary.Architecture);
        json.WriteNumber("bytes", summary.Bytes);
        json.WriteNumber("parameters", summary.Parameters);
        Number(json, "layers", summary.Layers);
        Number(json, "hidden", summary.Hidden);
        Number(json, "feed_forward", summary.FeedForward);
        Number(json, "heads", summary.Heads);
        Number(json, "kv_heads", summary.KeyValueHeads);
        Number(json, "experts", summary.Experts);
        Number(json, "context", summary.Context);
        Number(json, "vocabulary", summary.Vocabulary);
        json.WriteStartObject("quantisation");
        json.WriteString("type", summary.MainType);
        json.WriteNumber("bits_per_weight", Math.Round(summary.BitsPerWeight, 3));
        json.WriteStartObject("tensors");
        foreach (var share in summary.Types) json.WriteNumber(share.Type, share.Tensors);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("licence", summary.Licence);
        json.WriteString("tokenizer", summary.Tokenizer);
        json.WriteString("template", summary.Template);
        if (hashes is not null)
        {
            json.WriteStartObject("sha256");
            foreach (var (file, hash) in hashes) json.WriteString(Path.GetFileName(file), hash);
            json.WriteEndObject();
        }
        if (damage is not null)
        {
            json.WriteStartArray("damage");
            foreach (string line in damage) json.WriteStringValue(line);
            json.WriteEndArray();
        }
        if (tensors)
        {
            json.WriteStartArray("tensors");
            foreach (var tensor in summary.Tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("type", tensor.StoredAs);
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteNumber("bytes", tensor.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }
}
