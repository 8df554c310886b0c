using System.Runtime.InteropServices;
using Lapwing.Formats.Safetensors;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Generation.Tests;

/// <summary>A small random LLaMA in a folder of its own, so that sessions are tested without reference files: 2 layers, 32 wide, 64 words, context 96.</summary>
public sealed class RandomModel : IDisposable
{
    public const int Vocabulary = 64, Context = 96;
    private const int Hidden = 32, Inner = 48, Layers = 2;

    private readonly Xoshiro256 _random = new(20260101);
    private readonly SafetensorsWriter _writer = new();

    public RandomModel()
    {
        Folder = Directory.CreateTempSubdirectory("lapwing-random-model-").FullName;
        File.WriteAllText(Path.Combine(Folder, "config.json"), $$"""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": {{Hidden}}, "intermediate_size": {{Inner}},
             "num_hidden_layers": {{Layers}}, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
             "max_position_embeddings": {{Context}}, "vocab_size": {{Vocabulary}}, "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2}
            """);
        Matrix("model.embed_tokens.weight", Vocabulary, Hidden);
        Matrix("lm_head.weight", Vocabulary, Hidden);
        Vector("model.norm.weight");
        for (int l = 0; l < Layers; l++)
        {
            string at = $"model.layers.{l}.";
            Vector(at + "input_layernorm.weight");
            Vector(at + "post_attention_layernorm.weight");
            Matrix(at + "self_attn.q_proj.weight", 32, Hidden);
            Matrix(at + "self_attn.k_proj.weight", 16, Hidden);
            Matrix(at + "self_attn.v_proj.weight", 16, Hidden);
            Matrix(at + "self_attn.o_proj.weight", Hidden, 32);
            Matrix(at + "mlp.gate_proj.weight", Inner, Hidden);
            Matrix(at + "mlp.up_proj.weight", Inner, Hidden);
            Matrix(at + "mlp.down_proj.weight", Hidden, Inner);
        }

        _writer.Write(Path.Combine(Folder, "model.safetensors"));
        Model = ModelLoader.Load(Folder);
    }

    public string Folder { get; }

    public DecoderModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Matrix(string name, int rows, int columns) => Add(name, [rows, columns], () => (float)(_random.NextUnit() - 0.5));

    private void Vector(string name) => Add(name, [Hidden], () => 0.75f + 0.5f * (float)_random.NextUnit());

    private void Add(string name, long[] shape, Func<float> value)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => value())];
        _writer.AddTensor(name, ElementType.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }
}
