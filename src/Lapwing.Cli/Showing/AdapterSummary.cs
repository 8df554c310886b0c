using System.Globalization;
using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Peft;

namespace Lapwing.Cli.Showing;

/// <summary>What stands in an adapter.</summary>
internal sealed class AdapterSummary : IDisposable
{
    private readonly IDisposable source;
    private readonly List<(string Name, string? Text)> facts;
    private readonly IReadOnlyList<TensorView> tensors;

    private AdapterSummary(IDisposable source, List<(string, string?)> facts, IReadOnlyList<TensorView> tensors) => (this.source, this.facts, this.tensors) = (source, facts, tensors);

    /// <summary>Opens a PEFT folder or a GGUF adapter.</summary>
    public static AdapterSummary Open(string path)
    {
        if (!Directory.Exists(path)) return OfGguf(GgufLora.Open(path));
        if (!PeftFolder.Is(path)) throw new FileNotFoundException($"{path} holds no {AdapterConfig.FileName}; name an adapter's folder or its .gguf file", path);
        return OfPeft(PeftFolder.Open(path));
    }

    public void Write(TextWriter writer, bool withTensors)
    {
        Table.WriteFacts(writer, facts);
        if (!withTensors) return;
        writer.WriteLine();
        Table.Write(writer, ["tensor", "type", "shape", ">bytes"], tensors.Select(t => new[] { Wording.Printable(t.Name), t.StoredAs, $"[{string.Join(", ", t.Shape)}]", t.Bytes.ToString(CultureInfo.InvariantCulture) }));
    }

    public void Write(Utf8JsonWriter json, bool withTensors)
    {
        json.WriteStartObject();
        foreach (var (name, text) in facts) json.WriteString(name, text);
        if (withTensors)
        {
            json.WriteStartArray("tensors");
            foreach (var tensor in tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("type", tensor.StoredAs);
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    public void Dispose() => source.Dispose();

    private static AdapterSummary OfPeft(PeftFolder folder)
    {
        var config = folder.Config;
        string targets = config.TargetsAllLinear ? "all-linear" : config.TargetModules is { } modules ? modules.Expression ?? string.Join(", ", modules.Names) : "none";
        return new AdapterSummary(folder,
        [
            ("format", "peft"),
            ("method", config.UseDora ? "dora" : config.UseRsLora ? "rslora" : "lora"),
            ("rank", Number(config.Rank) + Patterns(config.RankPattern.Select(p => $"{p.Key}: {Number(p.Value)}"))),
            ("alpha", Number(config.Alpha) + Patterns(config.AlphaPattern.Select(p => $"{p.Key}: {Number(p.Value)}"))),
            ("targets", Wording.Printable(targets)),
            ("layers", config.LayersToTransform is { Count: > 0 } layers ? string.Join(", ", layers) : null),
            ("base", config.BaseModel is { Length: > 0 } named ? Wording.Printable(named) : null),
            ("parameters", Number(folder.Tensors.Values.Sum(t => t.Count))),
        ], [.. folder.Tensors.Values]);
    }

    private static AdapterSummary OfGguf(GgufLora lora) => new(lora,
    [
        ("format", "gguf"),
        ("method", "lora"),
        ("rank", string.Join(", ", lora.Pairs.Select(p => p.Rank).Distinct().Order())),
        ("alpha", Number(lora.Alpha)),
        ("targets", Wording.Printable(string.Join(", ", lora.Pairs.Select(p => ShortName(p.Name)).Distinct(StringComparer.Ordinal)))),
        ("architecture", Wording.Printable(lora.Architecture)),
        ("parameters", Number(lora.File.Tensors.Values.Sum(t => t.Count))),
    ], [.. lora.File.Tensors.Values]);

    // blk.0.attn_q.weight → attn_q
    private static string ShortName(string tensor) => tensor.Replace(".weight", "", StringComparison.Ordinal).Split('.')[^1];

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Patterns(IEnumerable<string> patterns) => patterns.Any() ? $" ({Wording.Printable(string.Join(", ", patterns))})" : "";
}
