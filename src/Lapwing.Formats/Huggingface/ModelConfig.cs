using System.Text.Json;
using System.Text.Json.Nodes;
using Lapwing.Formats.Files;

namespace Lapwing.Formats.Huggingface;

/// <summary>
/// A model folder's <c>config.json</c>, as Transformers 4 or 5 wrote it. The typed getters read any key; the properties below
/// give one answer where the two versions use different words. What the numbers mean is the models' business.
/// </summary>
public sealed class ModelConfig : JsonSection
{
    /// <summary>A generous bound: real files have a few kilobytes (some list every token's id for a task).</summary>
    private const int Largest = 64 << 20;

    private ModelConfig(string path, JsonElement element, string prefix)
        : base(path, element, prefix)
    {
    }

    /// <summary><c>model_type</c>.</summary>
    public string ModelType => GetString("model_type");

    /// <summary>Class names of <c>architectures</c>; empty where the file does not say.</summary>
    public IReadOnlyList<string> Architectures => GetStringsOrNull("architectures") ?? [];

    /// <summary>The type of the weights: <c>dtype</c> (5) or <c>torch_dtype</c> (4), without a <c>torch.</c> in front; null where the file does not say.</summary>
    public string? DataType => FirstOf("dtype", "torch_dtype") is { } key ? GetString(key).Replace("torch.", "", StringComparison.Ordinal) : null;

    /// <summary>The part that describes the language model: <c>text_config</c> where there is one (vision models), else the file itself.</summary>
    public ModelConfig TextConfig => TryGet("text_config", out var nested) && nested.ValueKind == JsonValueKind.Object ? new ModelConfig(Path, nested, "text_config.") : this;

    /// <summary>Whether <c>rope_parameters</c> distinguishes kinds of layers.</summary>
    public bool RotatesByLayerType => GetSectionOrNull("rope_parameters") is { } parameters && ByLayer(parameters);

    /// <summary>Reads <c>config.json</c> in a folder, or a file of any name.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public static ModelConfig Open(string path)
    {
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, "config.json") : path;
        return Parse(InputFile.ReadAll(file, Largest), file);
    }

    /// <summary>Reads a configuration from memory; <paramref name="path"/> is for messages.</summary>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> content, string path)
    {
        using var document = Json.Parse(path, content);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{path} is no JSON object: it is not a model's config.json");
        return new ModelConfig(path, document.RootElement.Clone(), "");
    }

    /// <summary>
    /// The rotary settings in the form of Transformers 5: an object with <c>rope_theta</c>, <c>rope_type</c> and what that type needs
    /// (<c>factor</c>, …). The form of Transformers 4 (<c>rope_theta</c> beside <c>rope_scaling</c>, whose <c>type</c> was the older name;
    /// Gemma 3's <c>rope_local_base_freq</c>) is translated; where both stand in the file, the older one counts, as it does in Transformers 5.
    /// </summary>
    /// <param name="layerType">For models that rotate differently by kind of layer: <c>full_attention</c>, <c>sliding_attention</c>, …</param>
    /// <returns>Null where the file says nothing about rotation.</returns>
    /// <exception cref="InvalidDataException">The file distinguishes layer types and this one is not among them.</exception>
    public JsonSection? RopeParameters(string? layerType = null)
    {
        bool scaled = GetSectionOrNull("rope_scaling") is { } older && older.Keys.Any();
        if (GetSectionOrNull("rope_parameters") is { } parameters)
        {
            if (!scaled) return FromVersion5(parameters, layerType);
            if (ByLayer(parameters)) throw Bad("rope_scaling", "stands beside rope_parameters for each layer type: take one of them out");
        }
        if (!Has("rope_theta") && !Has("rope_scaling") && !Has("rope_local_base_freq")) return null;
        bool local = layerType == "sliding_attention" && Has("rope_local_base_freq");
        var merged = new JsonObject();
        if (!local && GetSectionOrNull("rope_scaling") is { } scaling)
            foreach (var property in scaling.Element.EnumerateObject())
                merged[property.Name == "type" && !scaling.Has("rope_type") ? "rope_type" : property.Name] = JsonNode.Parse(property.Value.GetRawText());
        string theta = local ? "rope_local_base_freq" : "rope_theta";
        if (merged["rope_theta"] is null && TryGet(theta, out var value)) merged["rope_theta"] = JsonNode.Parse(value.GetRawText());
        if (merged["rope_type"] is null) merged["rope_type"] = "default";
        return Completed(merged);
    }

    private JsonSection? FromVersion5(JsonSection parameters, string? layerType)
    {
        bool byLayer = ByLayer(parameters);
        var chosen = parameters;
        if (byLayer)
        {
            if (layerType is null || !parameters.Element.TryGetProperty(layerType, out _))
                throw Bad("rope_parameters", $"distinguishes layer types ({string.Join(", ", parameters.Keys.Select(Wording.Quote))}), but {(layerType is null ? "the model has none" : Wording.Quote(layerType) + " is not among them")}");
            // Null: layers of this type do not rotate.
            if (parameters.GetSectionOrNull(layerType) is not { } ofLayer) return null;
            chosen = ofLayer;
        }
        var settings = (JsonObject)JsonNode.Parse(chosen.Element.GetRawText())!;
        // Windowed layers that turn by their own base do not take the model's.
        string outside = byLayer && layerType == "sliding_attention" ? "rope_local_base_freq" : "rope_theta";
        if (settings["rope_theta"] is null && TryGet(outside, out var theta)) settings["rope_theta"] = JsonNode.Parse(theta.GetRawText());
        if (settings["rope_type"] is null) settings["rope_type"] = settings["type"]?.DeepClone() ?? "default";
        return Completed(settings);
    }

    private static bool ByLayer(JsonSection parameters) =>
        parameters.Keys.Any() && parameters.Element.EnumerateObject().All(p => p.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Null);

    private ModelConfig Completed(JsonObject settings)
    {
        // Version 4 kept it beside the other settings of the model; version 5 moved it here.
        if (settings["partial_rotary_factor"] is null && TryGet("partial_rotary_factor", out var partial))
            settings["partial_rotary_factor"] = JsonNode.Parse(partial.GetRawText());
        using var document = JsonDocument.Parse(settings.ToJsonString());
        return new ModelConfig(Path, document.RootElement.Clone(), "rope_parameters.");
    }
}
