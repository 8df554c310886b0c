using System.Text.Json;
using System.Text.Json.Nodes;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>
/// Settings of every family beyond those of the reference models: each changes the numbers, means the same in the words of Transformers 4 and 5,
/// survives the way to GGUF and back, and holds a token at a time as it does all at once.
/// </summary>
public sealed unsafe class FamilySettingsTests : IDisposable
{
    private const string NoForm = "no form";
    private const string Experts = """ "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 20, """;
    private readonly string scratch = Directory.CreateTempSubdirectory("families").FullName;
    private int folders;

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    /// <summary>Family, what both configurations say, what only the second says, whether GGUF has a form for it.</summary>
    public static TheoryData<string, string, string, bool> Settings()
    {
        var data = new TheoryData<string, string, string, bool>();
        void Add(string type, string both, string setting, bool gguf = true) => data.Add(type, both, setting, gguf);
        const string Theta = "\"rope_theta\": 10000.0";

        Add("llama", "", "\"head_dim\": 24");
        Add("llama", "", "\"num_key_value_heads\": 1");
        Add("llama", "", "\"partial_rotary_factor\": 0.75", gguf: false);
        Add("qwen2", "\"head_dim\": 24", "\"partial_rotary_factor\": 0.42");
        Add("llama", "", "\"attention_bias\": true");
        Add("llama", "", "\"mlp_bias\": true");
        Add("llama", "", "\"tie_word_embeddings\": true");
        Add("llama", "", "\"rms_norm_eps\": 0.01");
        Add("llama", "", "\"hidden_act\": \"gelu\"", gguf: false);
        Add("llama", "", "\"rope_theta\": 777.0");
        Add("llama", Theta, "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 32}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 5.0, \"low_freq_factor\": 1.5, \"high_freq_factor\": 3.0, \"original_max_position_embeddings\": 64}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32, \"beta_fast\": 16.0, \"beta_slow\": 2.0, \"attention_factor\": 1.3}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32, \"mscale\": 0.7, \"mscale_all_dim\": 1.1}");
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32, \"truncate\": false}", gguf: false);
        Add("llama", Theta, "\"rope_scaling\": {\"rope_type\": \"longrope\", \"original_max_position_embeddings\": 32, \"short_factor\": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], \"long_factor\": [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7]}");
        Add("mistral", "\"sliding_window\": null", "\"sliding_window\": 5");
        Add("mistral", "\"sliding_window\": null", "\"sliding_window\": 5, \"use_sliding_window\": false");
        Add("mixtral", "\"num_local_experts\": 4", "\"num_experts_per_tok\": 3");
        Add("mixtral", "\"num_local_experts\": 4", "\"sliding_window\": 5");
        Add("mixtral", "\"num_local_experts\": 4, \"rope_theta\": 10000.0", "\"rope_theta\": 1000000.0");
        Add("smollm3", "", "\"no_rope_layers\": [1, 1, 1, 1, 1]", gguf: false);
        Add("smollm3", "", "\"no_rope_layer_interval\": 2", gguf: false);
        Add("smollm3", "", "\"use_sliding_window\": true, \"sliding_window\": 5", gguf: false);
        Add("smollm3", "", "\"attention_bias\": true, \"mlp_bias\": true");
        Add("smollm3", "", "\"tie_word_embeddings\": false");
        Add("qwen2", "", "\"use_sliding_window\": true, \"sliding_window\": 5, \"max_window_layers\": 2", gguf: false);
        Add("qwen2", "", "\"head_dim\": 8");
        Add("qwen3", "\"head_dim\": 16", "\"head_dim\": 24");
        Add("qwen3", "\"head_dim\": 16", "\"attention_bias\": true");
        Add("qwen3", "\"head_dim\": 16, \"use_sliding_window\": true, \"sliding_window\": 5, \"max_window_layers\": 1", "\"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]", gguf: false);
        Add("qwen3_moe", Experts + "\"norm_topk_prob\": true", "\"norm_topk_prob\": false");
        Add("qwen3_moe", Experts + "\"norm_topk_prob\": true", "\"decoder_sparse_step\": 2");
        Add("qwen3_moe", Experts + "\"norm_topk_prob\": true", "\"mlp_only_layers\": [0, 3]");
        Add("qwen3_moe", Experts + "\"norm_topk_prob\": true", "\"head_dim\": 24");
        Add("gemma2", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16, \"sliding_window\": 9", "\"sliding_window\": 4");
        Add("gemma2", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16", "\"query_pre_attn_scalar\": 40");
        Add("gemma2", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16", "\"attn_logit_softcapping\": 2.0");
        Add("gemma2", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16", "\"final_logit_softcapping\": null");
        Add("gemma2", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16", "\"attention_bias\": true");
        Add("gemma2", "\"head_dim\": 16, \"sliding_window\": 4", "\"layer_types\": [\"full_attention\", \"full_attention\", \"sliding_attention\", \"full_attention\", \"full_attention\"]", gguf: false);
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4", "\"sliding_window_pattern\": 3");
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4", "\"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]");
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4, \"sliding_window_pattern\": 2", "\"rope_local_base_freq\": 300.0");
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4, \"sliding_window_pattern\": 2", "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8.0}");
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4", "\"final_logit_softcapping\": 3.0");
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4", "\"attn_logit_softcapping\": 3.0", gguf: false);
        Add("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4", "\"query_pre_attn_scalar\": 20");
        Add("phi3", "", "\"partial_rotary_factor\": 0.5");
        Add("phi3", "", "\"sliding_window\": 5");
        Add("phi3", "\"original_max_position_embeddings\": 32", "\"rope_scaling\": {\"type\": \"su\", \"short_factor\": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], \"long_factor\": [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7]}");
        Add("granite", "\"attention_multiplier\": 0.25", "\"attention_multiplier\": 0.4");
        Add("granite", "\"attention_multiplier\": 0.25", "\"logits_scaling\": 3.0");
        Add("granite", "\"attention_multiplier\": 0.25", "\"residual_multiplier\": 0.3, \"embedding_multiplier\": 5.0");
        Add("granite", "\"attention_multiplier\": 0.25", "\"attention_bias\": true, \"mlp_bias\": true");
        Add("olmo2", "", "\"attention_bias\": true");
        Add("olmo2", "", "\"num_key_value_heads\": 1");
        Add("gpt2", "", "\"n_inner\": 40");
        Add("gpt2", "", "\"activation_function\": \"relu\"", gguf: false);
        Add("gpt2", "", "\"scale_attn_weights\": false");
        Add("gpt2", "", "\"scale_attn_by_inverse_layer_idx\": true", gguf: false);
        Add("gpt2", "", "\"tie_word_embeddings\": false");
        return data;
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_setting_is_followed_in_both_forms_of_config_in_GGUF_and_back(string type, string both, string setting, bool gguf)
    {
        string plain = Config(type, both), changed = Config(type, both + (both.Length > 0 ? "," : "") + setting);
        float[] before = Logits(New(plain)), after;
        string folder = New(changed);
        using (var model = ModelLoader.Load(folder))
        {
            after = Run(model, new ExactArithmetic(), Ids.Length);
            Assert.Equal(after, Run(model, new ExactArithmetic(), 1));
            Assert.Equal(Run(model, new FastArithmetic(), Ids.Length), Run(model, new FastArithmetic(), 1));
        }
        Assert.DoesNotContain(after, float.IsNaN);
        Assert.True(Distance(before, after) > 1e-3, $"{setting} changed the logits by {Distance(before, after)} only");
        if (Version5(changed) is { } newer) Assert.Equal(after, Logits(New(newer)));

        string file = folder + ".gguf", back = folder + ".back";
        if (!gguf)
        {
            var error = Assert.Throws<NotSupportedException>(() => FolderToGguf.Convert(folder, file, (_, t, _) => t));
            Assert.True(error.Message.Contains(NoForm, StringComparison.Ordinal) || error.Message.Contains("keep the folder", StringComparison.Ordinal), error.Message);
            Assert.False(File.Exists(file));
            return;
        }
        FolderToGguf.Convert(folder, file, (_, t, _) => t);
        Assert.InRange(Distance(after, Logits(file)), 0, 1e-5);
        if (setting.Contains("low_freq_factor\": 1.5", StringComparison.Ordinal))
        {
            Assert.Throws<NotSupportedException>(() => GgufToFolder.Convert(file, back, t => t));
            return;
        }
        GgufToFolder.Convert(file, back, t => t);
        Assert.InRange(Distance(after, Logits(back)), 0, 1e-5);
    }

    /// <summary>Rows of <c>oracles/family-settings.json</c>.</summary>
    public static TheoryData<int> Oracles() => [.. Enumerable.Range(0, 41)];

    // Computed in float64 by bench/oracles/family_settings.py, which was written from Transformers' files and shares no code with ours.
    [Theory]
    [MemberData(nameof(Oracles))]
    public void Unusual_settings_give_the_logits_of_an_independent_forward_pass(int row)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(SharedFolder.Path("oracles/family-settings.json")));
        Assert.Equal(Oracles().Count, json.RootElement.GetArrayLength());
        var wanted = json.RootElement[row];
        double[] want = [.. wanted.GetProperty("logits").EnumerateArray().Select(v => v.GetDouble())];
        float[] got = Logits(New(wanted.GetProperty("config").GetRawText()))[^want.Length..];
        Assert.InRange(want.Zip(got).Max(p => Math.Abs(p.First - p.Second)), 0, 1e-4);
    }

    private static readonly int[] Ids = [.. Enumerable.Range(0, 24).Select(i => (i * 7 + 3) % 40)];

    private string New(string json) => RandomFolder.Write(Path.Combine(scratch, "m" + folders++), json);

    private static float[] Logits(string path)
    {
        using var model = ModelLoader.Load(path);
        return Run(model, new ExactArithmetic(), Ids.Length);
    }

    /// <summary>A small configuration in Transformers 4's words; later keys win over earlier ones.</summary>
    private static string Config(string type, string settings)
    {
        var json = new JsonObject { ["model_type"] = type, ["vocab_size"] = 40 };
        foreach (var (key, value) in type == "gpt2"
            ? new (string, JsonNode)[] { ("n_embd", 64), ("n_layer", 5), ("n_head", 4), ("n_positions", 64) }
            : [("hidden_size", 64), ("intermediate_size", 48), ("num_hidden_layers", 5), ("num_attention_heads", 4), ("num_key_value_heads", 2), ("max_position_embeddings", 128)])
            json[key] = value;
        // Not JsonNode.Parse of the whole: a key that stands twice is the point.
        foreach (var property in JsonDocument.Parse("{" + settings + "}").RootElement.EnumerateObject()) json[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        return json.ToJsonString();
    }

    /// <summary>The same in Transformers 5's words, where they differ: what turns positions moves into rope_parameters.</summary>
    private static string? Version5(string config)
    {
        var json = (JsonObject)JsonNode.Parse(config)!;
        string type = json["model_type"]!.GetValue<string>();
        string[] moved = ["rope_theta", "rope_scaling", "partial_rotary_factor", "rope_local_base_freq"];
        if (type == "gpt2" || !moved.Any(json.ContainsKey)) return null;
        var parameters = json["rope_scaling"] is JsonObject scaling ? (JsonObject)scaling.DeepClone() : new JsonObject { ["rope_type"] = "default" };
        if (parameters["type"] is { } older) (parameters["rope_type"], _) = (older.DeepClone(), parameters.Remove("type"));
        foreach (string key in new[] { "rope_theta", "partial_rotary_factor" })
            if (json[key] is { } value) parameters[key] = value.DeepClone();
        if (type == "gemma3_text")
        {
            var local = new JsonObject { ["rope_type"] = "default" };
            if (json["rope_local_base_freq"] is { } theta) local["rope_theta"] = theta.DeepClone();
            parameters = new JsonObject { ["full_attention"] = parameters, ["sliding_attention"] = local };
        }
        foreach (string key in moved) json.Remove(key);
        json["rope_parameters"] = parameters;
        json["dtype"] = "float32";
        return json.ToJsonString();
    }

    private static float[] Run(DecoderModel model, Arithmetic arithmetic, int step)
    {
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        var all = new float[Ids.Length * model.Info.Vocabulary];
        for (int from = 0; from < Ids.Length; from += step)
        {
            pass.Workspace.Clear();
            pass.Begin([new SequenceSpan(0, step, from, state)]);
            float* logits = model.Head.Logits(pass, model.Forward(pass, Ids.AsSpan(from, step)), step);
            new Span<float>(logits, step * model.Info.Vocabulary).CopyTo(all.AsSpan(from * model.Info.Vocabulary));
        }
        return all;
    }

    private static double Distance(float[] a, float[] b) => a.Zip(b).Max(p => float.IsNaN(p.First) || float.IsNaN(p.Second) ? double.PositiveInfinity : Math.Abs((double)p.First - p.Second));
}
