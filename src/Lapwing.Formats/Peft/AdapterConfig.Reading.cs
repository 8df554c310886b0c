using System.Text.Json;
using Lapwing.Formats.Files;
using Lapwing.Formats.Huggingface;

namespace Lapwing.Formats.Peft;

/// <content>Reading.</content>
public sealed partial class AdapterConfig
{
    /// <summary>The name that the file has in an adapter's folder.</summary>
    public const string FileName = "adapter_config.json";

    private const int Largest = 16 << 20;

    /// <summary>A rank beyond this is no low rank; it bounds what a damaged file can ask for.</summary>
    private const int LargestRank = 1 << 20;

    /// <summary>Settings that say how the adapter came to be, not what it computes.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "ensure_weight_tying", "eva_config", "inference_mode", "loftq_config", "lora_dropout",
        "lora_ga_config", "megatron_core", "megatron_config", "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
    };

    private static readonly HashSet<string> Understood = new(StringComparer.Ordinal)
    {
        "peft_type", "r", "lora_alpha", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern",
        "modules_to_save", "use_rslora", "use_dora", "fan_in_fan_out", "init_lora_weights",
    };

    /// <summary>Reads <c>adapter_config.json</c> in a folder, or a file of any name.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is no adapter configuration.</exception>
    /// <exception cref="NotSupportedException">The adapter is of a kind, or has a setting, that this version does not know.</exception>
    public static AdapterConfig Open(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        return Parse(InputFile.ReadAll(file, Largest), file);
    }

    /// <summary>Reads a configuration from memory; <paramref name="path"/> is for messages.</summary>
    /// <exception cref="InvalidDataException">It is no adapter configuration.</exception>
    /// <exception cref="NotSupportedException">The adapter is of a kind, or has a setting, that this version does not know.</exception>
    public static AdapterConfig Parse(ReadOnlyMemory<byte> content, string path)
    {
        JsonSection json = ModelConfig.Parse(content, path);
        string type = json.GetString("peft_type");
        if (type != "LORA") throw Beyond(json, "peft_type", $"is {Wording.Quote(type)}; LORA adapters are supported (with rsLoRA and DoRA)");
        RefuseUnknown(json);

        bool all = json.TryGet("target_modules", out var targets) && targets.ValueKind == JsonValueKind.String
            && string.Equals(targets.GetString(), "all-linear", StringComparison.OrdinalIgnoreCase);
        return new AdapterConfig
        {
            Rank = Positive(json, "r", json.GetInt32OrDefault("r", 8)),
            Alpha = json.GetDoubleOrDefault("lora_alpha", 8),
            TargetModules = all ? null : Modules(json, "target_modules") ?? throw json.Bad("target_modules", "is missing: which modules carry adapters is unknown"),
            TargetsAllLinear = all,
            ExcludeModules = Modules(json, "exclude_modules"),
            LayersToTransform = json.GetInt32sOrNull("layers_to_transform"),
            LayersPattern = Patterns(json, "layers_pattern"),
            RankPattern = Pattern(json, "rank_pattern", (section, key) => Positive(section, key, section.GetInt32(key))),
            AlphaPattern = Pattern(json, "alpha_pattern", (section, key) => section.GetDouble(key)),
            ModulesToSave = json.GetStringsOrNull("modules_to_save") ?? [],
            UseRsLora = json.GetBoolOrDefault("use_rslora"),
            UseDora = json.GetBoolOrDefault("use_dora"),
            FanInFanOut = json.GetBoolOrDefault("fan_in_fan_out"),
            Dropout = json.GetDoubleOrDefault("lora_dropout"),
            BaseModel = json.GetStringOrDefault("base_model_name_or_path"),
            TaskType = json.GetStringOrDefault("task_type"),
        };
    }

    private static void RefuseUnknown(JsonSection json)
    {
        if (json.GetStringOrDefault("bias", "none") != "none")
            throw Beyond(json, "bias", "asks for trained biases, which are not supported; train with bias none");
        CheckInitialisation(json);
        foreach (string key in json.Keys)
        {
            if (Harmless.Contains(key) || Understood.Contains(key) || !json.TryGet(key, out var value) || IsOff(value)) continue;
            throw Beyond(json, key, "is a setting that this version does not know; it may change what the adapter computes, so the adapter is refused");
        }
    }

    /// <summary>
    /// Some initialisations take their start out of the base's weights, so that the adapter fits the unchanged base no more
    /// (PEFT can save such an adapter in a form that does: <c>path_initial_model_for_weight_conversion</c>).
    /// </summary>
    private static void CheckInitialisation(JsonSection json)
    {
        if (!json.TryGet("init_lora_weights", out var value) || value.ValueKind is JsonValueKind.True or JsonValueKind.False) return;
        string name = json.GetString("init_lora_weights");
        if (name is not ("gaussian" or "eva" or "orthogonal"))
            throw Beyond(json, "init_lora_weights", $"is {Wording.Quote(name)}, which may change the base's own weights; save the adapter with path_initial_model_for_weight_conversion");
    }

    /// <summary>False, an empty list or object, or a number or text (which only matter with a switch that is on).</summary>
    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => false,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => true,
    };

    private static ModulePattern? Modules(JsonSection json, string key)
    {
        if (!json.TryGet(key, out var value)) return null;
        if (value.ValueKind != JsonValueKind.String) return json.GetStrings(key) is { Length: > 0 } names ? ModulePattern.Of(names) : null;
        try
        {
            return ModulePattern.Matching(value.GetString()!);
        }
        catch (ArgumentException e)
        {
            throw json.Bad(key, $"is no regular expression: {Wording.Quote(e.Message)}");
        }
    }

    private static string[] Patterns(JsonSection json, string key)
    {
        if (!json.TryGet(key, out var value)) return [];
        string[] patterns = value.ValueKind == JsonValueKind.String ? [value.GetString()!] : json.GetStrings(key);
        foreach (string pattern in patterns) RequireExpression(json, key, pattern);
        return patterns;
    }

    private static OrderedDictionary<string, T> Pattern<T>(JsonSection json, string key, Func<JsonSection, string, T> get)
    {
        var pattern = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        if (json.GetSectionOrNull(key) is not { } section) return pattern;
        foreach (string module in section.Keys)
        {
            RequireExpression(json, key, module);
            pattern.Add(module, get(section, module));
        }
        return pattern;
    }

    private static void RequireExpression(JsonSection json, string key, string expression)
    {
        try
        {
            ModulePattern.Compile($"(?:{expression})");
        }
        catch (ArgumentException e)
        {
            throw json.Bad(key, $"holds {Wording.Quote(expression)}, which is no regular expression: {Wording.Quote(e.Message)}");
        }
    }

    private static int Positive(JsonSection json, string key, int rank) => rank is > 0 and <= LargestRank ? rank : throw json.Bad(key, $"is {rank}; a rank is at least 1 and at most {LargestRank}");

    private static NotSupportedException Beyond(JsonSection json, string key, string what) => new($"{Wording.Quote(key)} in {json.Path} {what}");
}
