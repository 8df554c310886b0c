using System.Text;
using Lapwing.Fuzz.Mutation;
using Lapwing.Models;

namespace Lapwing.Fuzz.Targets;

/// <summary>A whole model as GGUF: settings against tensors, and a few tokens through what loads.</summary>
internal sealed class GgufModelTarget : FuzzTarget
{
    private static readonly string[] Families = ["llama", "smollm3", "qwen2", "qwen3", "qwen3moe", "gemma2", "gemma3", "phi3", "granite", "olmo2", "gpt2"];

    private static readonly string[] Settings =
    [
        "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length", "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon",
        "rope.dimension_count", "rope.freq_base", "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length", "rope.scaling.attn_factor", "rope.scaling.yarn_log_multiplier", "attention.sliding_window", "attention.scale", "logit_scale",
        "residual_scale", "embedding_scale", "expert_count", "expert_used_count", "expert_feed_forward_length", "attn_logit_softcapping", "final_logit_softcapping", "vocab_size", "attention.sliding_window_pattern",
    ];

    private static readonly string[] Words =
    [
        .. Families, .. Families.Take(1).SelectMany(f => Settings.Select(s => $"{f}.{s}")), "general.architecture", "linear", "yarn", "longrope", "none", "rope_freqs.weight", "output.weight", "blk.0.attn_q.bias", "blk.0.attn_q_norm.weight", "blk.0.attn_qkv.weight",
        "blk.0.post_attention_norm.weight", "blk.0.ffn_gate_exps.weight", "blk.1.attn_q.weight", "token_embd.weight", "output_norm.bias", "position_embd.weight", "rope_factors_long.weight", "",
    ];

    private readonly string path = TemporaryFile.New(".gguf");

    public override string Name => "gguf-model";

    public override IEnumerable<byte[]> Seeds()
    {
        byte[] llama = TemporaryFile.Content(TinyDecoder.Write);
        foreach (string family in Families) yield return Renamed(llama, family);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => GgufMutator.Change(input, mutator, Words);

    public override long AllowedBytes(int input) => (32 << 20) + (512L * input);

    public override string Run(byte[] input)
    {
        File.WriteAllBytes(path, input);
        using var model = ModelLoader.Load(path);
        // A context or a vocabulary of billions is honest in a file; nobody asks for all of it at once.
        return $"{model.Info.Architecture}, {(TinyDecoder.Forward(model) ? "numbers" : "no numbers")}";
    }

    // The same file with another family's name and settings' prefix.
    private static byte[] Renamed(byte[] file, string family)
    {
        var map = GgufMap.Of(file);
        foreach (var text in map.Strings.OrderByDescending(s => s.Start.Value))
        {
            var (start, length) = text.GetOffsetAndLength(file.Length);
            string old = Encoding.UTF8.GetString(file, start + 8, length - 8);
            if (old != "llama" && !old.StartsWith("llama.", StringComparison.Ordinal)) continue;
            byte[] name = Encoding.UTF8.GetBytes(family + old["llama".Length..]);
            file = Mutator.Replace(file, start, length, [.. BitConverter.GetBytes((ulong)name.Length), .. name]);
        }
        return file;
    }
}
