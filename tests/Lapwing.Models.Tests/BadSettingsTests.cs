using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Models.Tests;

/// <summary>A file whose settings make no sense, or do not fit its tensors, ends in one clear error and never in arithmetic.</summary>
public sealed class BadSettingsTests : IDisposable
{
    private const int Hidden = 32, Heads = 4, KeyHeads = 2, Width = 8, Inner = 32, Vocabulary = 16, Layers = 2;
    private readonly string folder = Directory.CreateTempSubdirectory("settings").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_sound_file_loads()
    {
        using var model = ModelLoader.Load(Write(_ => { }));
        Assert.Equal((Layers, Hidden, Vocabulary), (model.Info.Layers, model.Info.Hidden, model.Info.Vocabulary));
    }

    [Theory]
    [InlineData("llama.block_count")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.context_length")]
    [InlineData("llama.attention.head_count")]
    [InlineData("general.architecture")]
    public void A_missing_setting_is_named(string key) => Fails(w => w.Remove(key), key.Split('.')[^1]);

    [Theory]
    [InlineData("llama.block_count", 0)]
    [InlineData("llama.block_count", -1)]
    [InlineData("llama.block_count", 2_000_000_000)]
    [InlineData("llama.block_count", 3)]
    [InlineData("llama.embedding_length", 0)]
    [InlineData("llama.embedding_length", 48)]
    [InlineData("llama.context_length", 0)]
    [InlineData("llama.attention.head_count", 0)]
    [InlineData("llama.attention.head_count", -4)]
    [InlineData("llama.attention.head_count", 3)]
    [InlineData("llama.attention.head_count", 2_000_000_000)]
    [InlineData("llama.attention.head_count_kv", 8)]
    [InlineData("llama.attention.head_count_kv", 3)]
    [InlineData("llama.attention.head_count_kv", -2)]
    [InlineData("llama.attention.key_length", 0)]
    [InlineData("llama.attention.key_length", 16)]
    [InlineData("llama.attention.key_length", 2_000_000_000)]
    [InlineData("llama.feed_forward_length", 0)]
    [InlineData("llama.feed_forward_length", 64)]
    [InlineData("llama.rope.dimension_count", 7)]
    [InlineData("llama.rope.dimension_count", 0)]
    [InlineData("llama.rope.dimension_count", 64)]
    [InlineData("llama.expert_count", 4)]
    public void A_whole_number_that_makes_no_sense_is_refused(string key, int value) => Fails(w => w.Set(key, value), null);

    [Theory]
    [InlineData("llama.attention.layer_norm_rms_epsilon", 0f)]
    [InlineData("llama.attention.layer_norm_rms_epsilon", float.NaN)]
    [InlineData("llama.attention.layer_norm_rms_epsilon", -1f)]
    [InlineData("llama.rope.freq_base", 0f)]
    [InlineData("llama.rope.freq_base", float.NaN)]
    [InlineData("llama.rope.freq_base", float.PositiveInfinity)]
    public void A_number_that_makes_no_sense_is_refused(string key, float value) => Fails(w => w.Set(key, value), null);

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("output_norm.weight")]
    [InlineData("blk.1.attn_q.weight")]
    [InlineData("blk.0.attn_norm.weight")]
    [InlineData("blk.1.ffn_down.weight")]
    public void A_missing_tensor_is_named(string name) => Fails(_ => { }, name, skip: name);

    [Fact]
    public void A_tensor_that_nothing_would_use_is_named() =>
        Fails(w => w.AddTensor("blk.0.attn_sinks.weight", ElementType.F32, [4], new byte[16]), "attn_sinks");

    [Fact]
    public void Rotary_frequencies_of_the_wrong_length_are_named() =>
        Fails(w => w.AddTensor("rope_freqs.weight", ElementType.F32, [3], new byte[12]), "rope_freqs");

    [Fact]
    public void A_rotary_frequency_of_zero_is_refused() => Fails(w => w.AddTensor("rope_freqs.weight", ElementType.F32, [4], new byte[16]), "rope_freqs");

    [Fact]
    public void Integers_are_no_weights() =>
        Fails(w => w.AddTensor("blk.0.attn_k.weight", ElementType.I8, [16, 32], new byte[16 * 32]), "blk.0.attn_k.weight", skip: "blk.0.attn_k.weight");

    [Fact]
    public void A_matrix_of_another_shape_than_the_settings_say_is_named() => Fails(w => w.AddTensor("blk.0.attn_k.weight", ElementType.F32, [8, 32], new byte[4 * 8 * 32]), "blk.0.attn_k.weight", skip: "blk.0.attn_k.weight");

    [Fact]
    public void A_vector_of_the_wrong_length_is_named() =>
        Fails(w => w.AddTensor("blk.0.attn_q.bias", ElementType.F32, [4], new byte[16]), "attn_q.bias");

    [Fact]
    public void An_unknown_architecture_is_named_with_those_that_are_known() => Fails(w => w.Set("general.architecture", "mamba7"), "mamba7");

    [Fact]
    public void What_a_file_says_stands_on_one_line_of_the_message()
    {
        Fails(w => w.Set("general.architecture", "mam\nba"), "'mam\\u000aba'");
        Fails(w => w.Set("llama.rope.scaling.type", "spi\nral"), "'spi\\u000aral'");
        Fails(w => w.AddTensor("blk.0.attn_\nq.weight", ElementType.F32, [4], new byte[16]), "\\u000a");
    }

    [Fact]
    public void An_unknown_rotary_scaling_is_named() => Fails(w => w.Set("llama.rope.scaling.type", "spiral"), "spiral");

    [Theory]
    [InlineData("llama.attention.causal", false)]
    [InlineData("llama.use_parallel_residual", true)]
    [InlineData("llama.attention.clamp_kqv", 8f)]
    [InlineData("llama.attention.max_alibi_bias", 8f)]
    [InlineData("llama.expert_weights_scale", 2.5f)]
    [InlineData("llama.expert_gating_func", 2)]
    public void A_setting_of_another_family_is_refused_rather_than_ignored(string key, object value) => Fails(
        w => _ = value switch
        {
            bool b => w.Set(key, b),
            float f => w.Set(key, f),
            _ => w.Set(key, (int)value),
        },
        key);

    [Fact]
    public void A_bias_of_the_last_norm_is_refused_rather_than_ignored() =>
        Fails(w => w.AddTensor("output_norm.bias", ElementType.F32, [Hidden], new byte[4 * Hidden]), "output_norm.bias");

    [Fact]
    public void A_scaling_factor_without_a_kind_is_linear()
    {
        using var model = ModelLoader.Load(Write(w => w.Set("llama.rope.scaling.factor", 4f)), out var spec, out _);
        Assert.Equal(0.25f, spec.Attention[0].Rotary!.Inverse[0]);
    }

    private void Fails(Action<GgufWriter> change, string? mentions, string? skip = null)
    {
        string path = Write(change, skip);
        var error = Record.Exception(() => ModelLoader.Load(path).Dispose());
        Assert.True(error is InvalidDataException or NotSupportedException, $"{error?.GetType().Name ?? "no error"}: {error?.Message}");
        Assert.DoesNotContain('\n', error!.Message);
        if (mentions is not null) Assert.Contains(mentions, error.Message, StringComparison.Ordinal);
    }

    private string Write(Action<GgufWriter> change, string? skip = null)
    {
        var writer = new GgufWriter()
            .Set("general.architecture", "llama").Set("llama.block_count", (uint)Layers).Set("llama.context_length", 64u).Set("llama.embedding_length", (uint)Hidden)
            .Set("llama.feed_forward_length", (uint)Inner).Set("llama.attention.head_count", (uint)Heads).Set("llama.attention.head_count_kv", (uint)KeyHeads)
            .Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        Add("token_embd.weight", Vocabulary, Hidden);
        Add("output_norm.weight", Hidden);
        for (int l = 0; l < Layers; l++)
        {
            Add($"blk.{l}.attn_norm.weight", Hidden);
            Add($"blk.{l}.ffn_norm.weight", Hidden);
            Add($"blk.{l}.attn_q.weight", Heads * Width, Hidden);
            Add($"blk.{l}.attn_k.weight", KeyHeads * Width, Hidden);
            Add($"blk.{l}.attn_v.weight", KeyHeads * Width, Hidden);
            Add($"blk.{l}.attn_output.weight", Hidden, Heads * Width);
            Add($"blk.{l}.ffn_gate.weight", Inner, Hidden);
            Add($"blk.{l}.ffn_up.weight", Inner, Hidden);
            Add($"blk.{l}.ffn_down.weight", Hidden, Inner);
        }
        change(writer);
        string path = Path.Combine(folder, Guid.NewGuid() + ".gguf");
        writer.Write(path);
        return path;

        void Add(string name, params long[] shape)
        {
            if (name == skip) return;
            var random = new Random(name.Length);
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble() - 0.5f;
            writer.AddTensor(name, ElementType.F32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
    }
}
