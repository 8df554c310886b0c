namespace Lapwing.Fuzz.Mutation;

/// <summary>What stands in adapter_config.json.</summary>
internal static class PeftWords
{
    /// <summary>The keys of an adapter's configuration, and values and patterns for them.</summary>
    public static readonly string[] All =
    [
        "peft_type", "LORA", "r", "lora_alpha", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern", "modules_to_save", "use_rslora",
        "use_dora", "fan_in_fan_out", "init_lora_weights", "gaussian", "bias", "none", "all-linear", "q_proj", "layers", "lora_dropout", "base_model_name_or_path", "task_type", "lora_bias", "new_key",
        ".*", "(?<layer>x)", "[a-z]+", "\\\\d{1,3}", "(?i)q", "a|b", "(a)\\\\1",
    ];
}
