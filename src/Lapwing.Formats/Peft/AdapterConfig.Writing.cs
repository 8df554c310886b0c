using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lapwing.Formats.Peft;

/// <content>Writing.</content>
public sealed partial class AdapterConfig
{
    /// <summary>The file as PEFT reads it; keys in PEFT's order (alphabetical), no trailing line feed.</summary>
    public byte[] ToJson()
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" }))
        {
            json.WriteStartObject();
            WritePattern(json, "alpha_pattern", AlphaPattern, json.WriteNumberValue);
            json.WriteNull("auto_mapping");
            json.WriteString("base_model_name_or_path", BaseModel);
            json.WriteString("bias", "none");
            WriteModules(json, "exclude_modules", ExcludeModules);
            json.WriteBoolean("fan_in_fan_out", FanInFanOut);
            json.WriteBoolean("inference_mode", true);
            json.WriteBoolean("init_lora_weights", true);
            WriteList(json, "layers_pattern", LayersPattern.Count == 0 ? null : LayersPattern, json.WriteStringValue);
            WriteList(json, "layers_to_transform", LayersToTransform, json.WriteNumberValue);
            json.WriteNumber("lora_alpha", Alpha);
            json.WriteNumber("lora_dropout", Dropout);
            WriteList(json, "modules_to_save", ModulesToSave.Count == 0 ? null : ModulesToSave, json.WriteStringValue);
            json.WriteString("peft_type", "LORA");
            json.WriteNumber("r", Rank);
            WritePattern(json, "rank_pattern", RankPattern, json.WriteNumberValue);
            json.WriteNull("revision");
            if (TargetsAllLinear) json.WriteString("target_modules", "all-linear");
            else WriteModules(json, "target_modules", TargetModules);
            json.WriteString("task_type", TaskType);
            json.WriteBoolean("use_dora", UseDora);
            json.WriteBoolean("use_rslora", UseRsLora);
            json.WriteEndObject();
        }
        return memory.ToArray();
    }

    /// <summary>Writes the file, atomically.</summary>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public void Write(string path) => AtomicFile.WriteAllBytes(path, ToJson());

    private static void WriteModules(Utf8JsonWriter json, string key, ModulePattern? modules)
    {
        if (modules?.Expression is { } expression) json.WriteString(key, expression);
        else WriteList(json, key, modules?.Names, json.WriteStringValue);
    }

    private static void WriteList<T>(Utf8JsonWriter json, string key, IReadOnlyList<T>? items, Action<T> write)
    {
        if (items is null)
        {
            json.WriteNull(key);
            return;
        }
        json.WriteStartArray(key);
        foreach (var item in items) write(item);
        json.WriteEndArray();
    }

    private static void WritePattern<T>(Utf8JsonWriter json, string key, IReadOnlyDictionary<string, T> pattern, Action<T> write)
    {
        json.WriteStartObject(key);
        foreach (var (module, value) in pattern)
        {
            json.WritePropertyName(module);
            write(value);
        }
        json.WriteEndObject();
    }
}
