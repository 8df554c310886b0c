using Lapwing.Formats.Gguf;

namespace Lapwing.Models.Tests;

/// <summary>What a GGUF file leaves out, and tensors that contradict a folder's settings.</summary>
public sealed class FamilyFilesTests : IDisposable
{
    private readonly string scratch = Directory.CreateTempSubdirectory("families").FullName;
    private int made;

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    [Fact]
    public void Gemma_3_without_a_window_sees_everything_everywhere()
    {
        var spec = Gguf("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4, \"sliding_window_pattern\": 2", w => w.Remove("gemma3.attention.sliding_window"));
        Assert.All(spec.Attention, a => Assert.Equal(0, a.Window));
        Assert.All(spec.Attention, a => Assert.Same(spec.Attention[0].Rotary, a.Rotary));
        Assert.Equal(1 / Math.Pow(1e6, 0.5), spec.Attention[0].Rotary!.Inverse[4], 1e-6);
    }

    [Fact]
    public void Rotary_bases_that_are_left_out_are_10000()
    {
        var spec = Gguf("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 4, \"sliding_window_pattern\": 2", w => w.Remove("gemma3.rope.freq_base").Remove("gemma3.rope.freq_base_swa"));
        Assert.All(spec.Attention, a => Assert.Equal(0.01, a.Rotary!.Inverse[4], 1e-6));
    }

    [Fact]
    public void Gemma_2_follows_a_pattern_a_list_and_a_base_of_the_windowed_layers()
    {
        const string Own = "\"head_dim\": 16, \"sliding_window\": 4";
        Assert.Equal([4, 0, 4, 0, 4], Gguf("gemma2", Own, _ => { }).Attention.Select(a => a.Window));
        Assert.Equal([4096, 0, 4096, 0, 4096], Gguf("gemma2", Own, w => w.Remove("gemma2.attention.sliding_window")).Attention.Select(a => a.Window));
        Assert.Equal([4, 4, 0, 4, 4], Gguf("gemma2", Own, w => w.Set("gemma2.attention.sliding_window_pattern", 3u)).Attention.Select(a => a.Window));
        var listed = Gguf("gemma2", Own, w => w.Set("gemma2.attention.sliding_window_pattern", new bool[] { false, false, true, true, false }).Set("gemma2.rope.freq_base_swa", 100f));
        Assert.Equal([0, 0, 4, 4, 0], listed.Attention.Select(a => a.Window));
        Assert.Equal((0.1, 0.01), (Math.Round(listed.Attention[2].Rotary!.Inverse[4], 6), Math.Round(listed.Attention[0].Rotary!.Inverse[4], 6)));
        Assert.Equal((50f, 30f), (listed.Attention[0].SoftCap, listed.LogitSoftCap));
    }

    [Fact]
    public void Granite_may_not_rotate_and_must_say_its_logit_scale()
    {
        Assert.All(Gguf("granite", "\"attention_multiplier\": 0.25", w => w.Set("granite.rope.scaling.finetuned", false)).Attention, a => Assert.Null(a.Rotary));
        var left = Gguf("granite", "\"attention_multiplier\": 0.25, \"residual_multiplier\": 0.5", w => w.Remove("granite.embedding_scale").Remove("granite.residual_scale").Remove("granite.attention.scale"));
        Assert.Equal((1f, 1f, 0.25f), (left.EmbeddingMultiplier, left.ResidualMultiplier, left.Attention[0].Scale));
        Refused("logit_scale", () => Gguf("granite", "", w => w.Remove("granite.logit_scale")));
    }

    [Fact]
    public void Experts_that_say_no_width_share_that_of_the_MLP()
    {
        var spec = Gguf("qwen3_moe", "\"num_experts\": 4, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 24, \"intermediate_size\": 48, \"norm_topk_prob\": true", w => w.Remove("qwen3moe.expert_feed_forward_length"));
        Assert.Equal(24, spec.FeedForward[0]);
    }

    [Fact]
    public void A_factor_on_cosine_and_sine_is_followed_whatever_stretches_the_positions()
    {
        Assert.Equal(1.5f, Gguf("llama", "", w => w.Set("llama.rope.scaling.attn_factor", 1.5f)).Attention[0].Rotary!.Factor);
        Assert.Equal(1.5f, Gguf("llama", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}", w => w.Set("llama.rope.scaling.attn_factor", 1.5f)).Attention[0].Rotary!.Factor);
        Assert.Equal(1.5 * 1.138629436, Gguf("qwen2", "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32}", w => w.Set("qwen2.rope.scaling.attn_factor", 1.5f)).Attention[0].Rotary!.Factor, 1e-6);
    }

    [Fact]
    public void YaRNs_own_factor_comes_from_the_file_where_it_stands_there()
    {
        const string Yarn = "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32}";
        Assert.Equal(1.25f, Gguf("qwen2", Yarn, w => w.Set("qwen2.rope.scaling.yarn_attn_factor", 1.25f)).Attention[0].Rotary!.Factor);
        Refused("yarn_attn_factor", () => Gguf("qwen2", "", w => w.Set("qwen2.rope.scaling.yarn_attn_factor", 1.25f)));
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("dynamic")]
    public void A_scaling_that_GGUF_has_no_numbers_for_is_named(string kind) => Refused(kind, () => Gguf("llama", "", w => w.Set("llama.rope.scaling.type", kind)));

    [Theory]
    [InlineData("llama", "llama.attention.layer_norm_rms_epsilon")]
    [InlineData("gpt2", "gpt2.attention.layer_norm_epsilon")]
    public void The_norms_epsilon_must_be_said(string type, string key) => Refused("epsilon", () => Gguf(type, "", w => w.Remove(key)));

    [Theory]
    [InlineData("olmo2", "attention.sliding_window", 32f)]
    [InlineData("llama", "rope.dimension_count", 8f)]
    [InlineData("llama", "logit_scale", 0.5f)]
    [InlineData("qwen3", "attn_logit_softcapping", 50f)]
    [InlineData("llama", "final_logit_softcapping", 30f)]
    [InlineData("qwen2", "embedding_scale", 12f)]
    [InlineData("llama", "residual_scale", 0.2f)]
    [InlineData("llama", "attention.temperature_length", 8192f)]
    [InlineData("qwen2", "expert_shared_count", 1f)]
    [InlineData("llama", "rope.scaling.yarn_ext_factor", 0.5f)]
    [InlineData("llama", "rope.scaling.yarn_log_multiplier", 0.1f)]
    [InlineData("gemma3_text", "rope.local.freq_base", 10000f)]
    public void A_setting_that_the_family_does_not_follow_is_named(string type, string key, float value)
    {
        string name = type.Replace("_text", "", StringComparison.Ordinal);
        Refused(key, () => Gguf(type, type == "gemma3_text" ? "\"head_dim\": 16" : "", w => w.Set($"{name}.{key}", value)));
        // The value that changes nothing passes.
        if (key.EndsWith("scale", StringComparison.Ordinal)) Gguf(type, "", w => w.Set($"{name}.{key}", 1f));
    }

    [Theory]
    [InlineData("llama", "\"attention_bias\": false")]
    [InlineData("mistral", "\"attention_bias\": true")] // which this family does not read
    public void A_bias_that_the_settings_do_not_announce_is_named(string type, string settings)
    {
        string folder = RandomFolder.Write(New(), Config(type, settings), more: ("model.layers.0.self_attn.k_proj.bias", [32]));
        Refused("k_proj.bias", () => ModelLoader.Load(folder).Dispose());
    }

    [Fact]
    public void A_bias_that_every_Qwen2_has_may_not_be_missing()
    {
        string folder = RandomFolder.Write(New(), Config("qwen2", ""), keep: name => name != "model.layers.1.self_attn.v_proj.bias");
        Refused("layers.1.self_attn.v_proj.bias", () => ModelLoader.Load(folder).Dispose());
    }

    [Fact]
    public void A_head_that_is_not_the_embeddings_copy_is_used_although_the_settings_tie_them()
    {
        string tied = RandomFolder.Write(New(), Config("llama", "\"tie_word_embeddings\": true"));
        string own = RandomFolder.Write(New(), Config("llama", "\"tie_word_embeddings\": true"), more: ("lm_head.weight", [40, 64]));
        using (var model = ModelLoader.Load(tied)) Assert.Same(model.Embedding.Table, model.Head.Output.Weight);
        using (var model = ModelLoader.Load(own)) Assert.NotSame(model.Embedding.Table, model.Head.Output.Weight);
    }

    [Fact]
    public void A_bias_that_the_folders_family_does_not_have_stays_in_its_GGUF_file()
    {
        string file = Changed("llama", "\"attention_bias\": true", w => w.Set("llama.attention.sliding_window", 8u)), back = New();
        Refused("q_proj", () => GgufToFolder.Convert(file, back, t => t)); // with a window it is a Mistral, which has no biases
        Assert.False(Directory.Exists(back));
    }

    private string New() => Path.Combine(scratch, "m" + made++);

    private static string Config(string type, string settings) => type == "gpt2"
        ? "{\"model_type\": \"gpt2\", \"vocab_size\": 40, \"n_embd\": 64, \"n_layer\": 5, \"n_head\": 4, \"n_positions\": 64}"
        : $"{{\"model_type\": \"{type}\", \"vocab_size\": 40, \"hidden_size\": 64, \"num_hidden_layers\": 5, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"max_position_embeddings\": 128"
            + (settings.Contains("\"intermediate_size", StringComparison.Ordinal) ? "" : ", \"intermediate_size\": 48")
            + (type == "qwen3" ? ", \"head_dim\": 16" : "") + (settings.Length > 0 ? ", " + settings : "") + "}";

    /// <summary>The specification of a converted folder's file after <paramref name="change"/> of its settings.</summary>
    private DecoderSpec Gguf(string type, string settings, Action<GgufWriter> change)
    {
        using var model = ModelLoader.Load(Changed(type, settings, change), out var spec, out _);
        return spec;
    }

    private string Changed(string type, string settings, Action<GgufWriter> change)
    {
        string folder = RandomFolder.Write(New(), Config(type, settings)), first = folder + ".gguf", second = folder + ".changed.gguf";
        FolderToGguf.Convert(folder, first, (_, t, _) => t);
        using var file = GgufFile.Open(first);
        var writer = new GgufWriter().SetAll(file.Metadata);
        foreach (var view in file.Tensors.Values) writer.AddTensor(view);
        change(writer);
        writer.Write(second);
        return second;
    }

    private static void Refused(string mentions, Action act)
    {
        var error = Record.Exception(act);
        Assert.True(error is InvalidDataException or NotSupportedException, error?.ToString() ?? "no error");
        Assert.Contains(mentions, error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
