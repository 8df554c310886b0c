using Lapwing.Formats;
using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Huggingface;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Models;

/// <summary>Fills <paramref name="values"/> with numbers of a normal distribution around 0, seeded by the tensor's name.</summary>
/// <param name="tensor">The tensor's name.</param>
/// <param name="values">To be filled entirely.</param>
/// <param name="deviation">Standard deviation.</param>
public delegate void NormalFill(string tensor, Span<float> values, float deviation);

/// <summary>
/// A model from nothing: a <c>config.json</c> of the llama family becomes an F32 GGUF file of random weights, ready to be trained.
/// Deviations as GPT-2 has them: 0.02, and 0.02 / √(2 · layers) for the matrices that write into the residual stream.
/// </summary>
public static class InitialModel
{
    private const float Deviation = 0.02f;

    /// <summary>Writes the file at <paramref name="path"/> atomically.</summary>
    /// <param name="config">With <c>model_type</c> llama; <c>vocab_size</c> must be the vocabulary's.</param>
    /// <param name="vocabulary">Its tokenizer.</param>
    /// <param name="path">The GGUF file.</param>
    /// <param name="normal">The source of randomness.</param>
    /// <exception cref="NotSupportedException">Another family, or experts.</exception>
    /// <exception cref="InvalidDataException">Settings that make no sense.</exception>
    public static void Write(ModelConfig config, GgufVocabulary vocabulary, string path, NormalFill normal)
    {
        if (config.ModelType != "llama") throw new NotSupportedException($"{config.Path}: a model of type {Wording.Quote(config.ModelType)} cannot be made from nothing yet: use llama");
        var family = ArchitectureRegistry.OfConfig(config.ModelType, config.Path);
        var settings = new ConfigSettings(config, family.GgufName, null, null);
        var spec = family.FromConfig(settings) with { PairedRows = true };
        if (spec.Experts is not null) throw new NotSupportedException($"{config.Path}: a mixture of experts cannot be made from nothing yet");
        if (spec.Biases != new BiasSettings(Presence.Never, Presence.Never, Presence.Never))
            throw new NotSupportedException($"{config.Path}: a model with biases (attention_bias, mlp_bias) cannot be made from nothing yet");
        if (vocabulary.Tokens.Count != spec.Info.Vocabulary)
            throw new InvalidDataException($"{config.Path} asks for a vocabulary of {spec.Info.Vocabulary}, the tokenizer has {vocabulary.Tokens.Count}: make them equal");

        var writer = new GgufWriter().Set("general.architecture", family.GgufName).Set("general.type", "model").Set("general.quantization_version", 2u);
        if (settings.Text("name") is { } name) writer.Set("general.name", name);
        new GgufSettingsWriter(family.GgufName, writer).Write(spec, settings, family);
        GgufText.Write(writer, vocabulary);
        var made = new Tensors(writer, normal);
        int hidden = spec.Info.Hidden, layers = spec.Info.Layers;
        float residual = Deviation / MathF.Sqrt(2 * layers);
        made.Matrix("token_embd.weight", spec.Info.Vocabulary, hidden, Deviation);
        for (int l = 0; l < layers; l++)
        {
            var attention = spec.Attention[l];
            int inner = spec.FeedForward[l];
            made.Ones($"blk.{l}.attn_norm.weight", hidden);
            made.Matrix($"blk.{l}.attn_q.weight", attention.QueryWidth, hidden, Deviation);
            made.Matrix($"blk.{l}.attn_k.weight", attention.KeyWidth, hidden, Deviation);
            made.Matrix($"blk.{l}.attn_v.weight", attention.KeyWidth, hidden, Deviation);
            made.Matrix($"blk.{l}.attn_output.weight", hidden, attention.QueryWidth, residual);
            made.Ones($"blk.{l}.ffn_norm.weight", hidden);
            made.Matrix($"blk.{l}.ffn_gate.weight", inner, hidden, Deviation);
            made.Matrix($"blk.{l}.ffn_up.weight", inner, hidden, Deviation);
            made.Matrix($"blk.{l}.ffn_down.weight", hidden, inner, residual);
        }
        made.Ones("output_norm.weight", hidden);
        if (spec.TiedHead == false) made.Matrix("output.weight", spec.Info.Vocabulary, hidden, Deviation);
        writer.Write(path);
    }

    private sealed class Tensors(GgufWriter writer, NormalFill normal)
    {
        public void Matrix(string name, int rows, int columns, float deviation)
        {
            var values = new float[(long)rows * columns];
            normal(name, values, deviation);
            writer.AddTensor(name, ElementType.F32, [rows, columns], MemoryMarshal.AsBytes<float>(values).ToArray());
        }

        public void Ones(string name, int length)
        {
            var values = new float[length];
            Array.Fill(values, 1f);
            writer.AddTensor(name, ElementType.F32, [length], MemoryMarshal.AsBytes<float>(values).ToArray());
        }
    }
}
