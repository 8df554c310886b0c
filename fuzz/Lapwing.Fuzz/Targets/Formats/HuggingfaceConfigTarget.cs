using Lapwing.Formats.Huggingface;
using Lapwing.Formats.Safetensors;
using Lapwing.Fuzz.Mutation;

namespace Lapwing.Fuzz.Targets;

/// <summary>config.json of Transformers 4 and 5 with every getter, and the index of safetensors shards.</summary>
internal sealed class HuggingfaceConfigTarget : FuzzTarget
{
    private static readonly string[] Words =
    [
        "model_type", "llama", "architectures", "torch_dtype", "dtype", "rope_theta", "rope_scaling", "rope_parameters", "rope_local_base_freq", "type", "rope_type", "factor", "text_config",
        "full_attention", "sliding_attention", "partial_rotary_factor", "eos_token_id", "hidden_size", "weight_map", "a.safetensors",
    ];

    public override string Name => "hf-config";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return """{"model_type":"llama","architectures":["LlamaForCausalLM"],"torch_dtype":"bfloat16","hidden_size":64,"rope_theta":10000.0,"rope_scaling":{"type":"linear","factor":2.0},"eos_token_id":[1,2]}"""u8.ToArray();
        yield return """{"model_type":"gemma3","dtype":"float32","rope_parameters":{"full_attention":{"rope_theta":1e6,"rope_type":"linear","factor":8},"sliding_attention":{"rope_theta":1e4}},"tie":true}"""u8.ToArray();
        yield return """{"model_type":"llava","text_config":{"model_type":"qwen3","rope_parameters":{"rope_theta":1000000,"rope_type":"default"},"layer_types":["a"],"x":null}}"""u8.ToArray();
        yield return """{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""u8.ToArray();
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => JsonMutator.Change(input, mutator, Words);

    public override string Run(byte[] input)
    {
        var config = ModelConfig.Parse(input, "config.json");
        int clean = 0, refused = 0;
        void Try(Action action)
        {
            try
            {
                action();
                clean++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        foreach (var part in (ModelConfig[])[config, config.TextConfig])
        {
            Try(() => _ = part.ModelType + part.DataType + string.Join(",", part.Architectures));
            foreach (string? layerType in (string?[])[null, "full_attention", "sliding_attention"])
                Try(() => _ = part.RopeParameters(layerType) is { } rope ? rope.GetString("rope_type") + rope.GetDoubleOrDefault("rope_theta") + rope.GetSinglesOrNull("factor") : "");
            foreach (string key in part.Keys)
            {
                Try(() => part.GetInt32OrNull(key));
                Try(() => part.GetInt64(key));
                Try(() => part.GetSingleOrNull(key));
                Try(() => part.GetBoolOrDefault(key));
                Try(() => part.GetStringOrDefault(key));
                Try(() => part.GetStringsOrNull(key));
                Try(() => part.GetInt32sOrNull(key));
                Try(() => part.GetSinglesOrNull(key));
                Try(() => part.GetSectionOrNull(key));
            }
        }
        Try(() => SafetensorsIndex.Parse("model.safetensors.index.json", input));
        return $"{Math.Min(clean, 8)} read";
    }
}
