using System.Text;
using Lapwing.Formats.Huggingface;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>A llama of one layer and a few hundred weights, and the use of a model.</summary>
internal static unsafe class TinyDecoder
{
    private const string Config = """
        {"model_type":"llama","vocab_size":12,"hidden_size":8,"intermediate_size":12,"num_hidden_layers":1,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":4,
         "max_position_embeddings":32,"rms_norm_eps":1e-5,"rope_theta":10000.0,"tie_word_embeddings":false}
        """;

    /// <summary>Writes it as GGUF.</summary>
    public static void Write(string path) => InitialModel.Write(ModelConfig.Parse(Encoding.UTF8.GetBytes(Config), "config.json"), new GgufVocabulary
    {
        Model = "llama", Tokens = GgufVocabulary.Spellings(["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "d", "e", "f", "g", "h"]), Scores = new float[12], TokenTypes = [2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1], BosId = 1, EosId = 2, UnknownId = 0,
    }, path, (tensor, values, _) =>
    {
        var random = new Random(tensor.Length);
        foreach (ref float value in values) value = (float)random.NextDouble() - 0.5f;
    });

    /// <summary>A few tokens through the model; returns whether every logit is a number.</summary>
    public static bool Forward(DecoderModel model)
    {
        var arithmetic = new ExactArithmetic();
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        int[] tokens = [.. Enumerable.Range(0, Math.Min(3, model.Info.ContextLength)).Select(i => i % model.Info.Vocabulary)];
        pass.Begin([new SequenceSpan(0, tokens.Length, 0, state)]);
        float* logits = model.Head.Logits(pass, model.Forward(pass, tokens), tokens.Length);
        for (int i = 0; i < tokens.Length * model.Info.Vocabulary; i++)
            if (!float.IsFinite(logits[i])) return false;
        return true;
    }
}
