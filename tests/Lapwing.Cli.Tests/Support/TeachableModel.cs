using System.Text;
using Lapwing.Formats.Huggingface;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Tests.Support;

/// <summary>A model of 40 thousand random weights with a tokenizer, and a chat template if wanted: enough to learn a few answers by heart.</summary>
internal static class TeachableModel
{
    public const string Template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const int Vocabulary = 300;

    private const string Config = """
        {"model_type":"llama","vocab_size":300,"hidden_size":32,"intermediate_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
         "max_position_embeddings":128,"rms_norm_eps":1e-5,"rope_theta":10000.0,"tie_word_embeddings":true}
        """;

    /// <summary>Writes the model's file and returns its path.</summary>
    public static string Write(TemporaryFolder folder, string? template = Template, string name = "tiny.gguf")
    {
        var vocabulary = BytePairTrainer.Train(
            [string.Concat(Enumerable.Repeat("who are you? I am a bird. what do you sing? I sing a song. ", 20))],
            new() { VocabularySize = Vocabulary, Style = BytePairStyle.ByteLevel, SpecialTokens = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"], ChatTemplate = template });
        InitialModel.Write(ModelConfig.Parse(Encoding.UTF8.GetBytes(Config), "tiny"), vocabulary.Padded(Vocabulary), folder.At(name), (tensor, values, deviation) =>
        {
            var random = new Random(tensor.Length * 31 + values.Length);
            // A spread that lets so small a model learn in a few steps.
            foreach (ref float value in values) value = (float)(random.NextDouble() * 2 - 1) * deviation * 10;
        });
        return folder.At(name);
    }

    /// <summary>Writes <paramref name="count"/> different questions with answers, as Alpaca rows.</summary>
    public static string WriteRows(TemporaryFolder folder, int count = 24, string name = "rows.jsonl") =>
        folder.Write(name, string.Join('\n', Enumerable.Range(0, count).Select(i => $$$"""{"instruction":"who are you {{{i}}}?","input":"","output":"I am {{name}} {{{i}}}"}""")));
}
