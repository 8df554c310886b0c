using Lapwing.Formats.Huggingface;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;
using Lapwing.Training;

[assembly: AssemblyFixture(typeof(Lapwing.Cli.Tests.Support.TinyModel))]

namespace Lapwing.Cli.Tests.Support;

/// <summary>A llama of two layers with random weights, a small vocabulary and a chat template, made once for all tests.</summary>
public sealed class TinyModel : IDisposable
{
    public const string Template =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string Prose = "the bird sings in the green marsh and the sun shines on the water of the little pond while the frogs are asleep";
    private readonly TemporaryFolder folder = new();

    public TinyModel()
    {
        Text = folder.Write("text.txt", string.Concat(Enumerable.Range(0, 40).Select(i => $"{Prose} for the {i}. time. ")));
        ConfigPath = folder.Write("config.json", """
            {"model_type":"llama","name":"tiny","hidden_size":32,"intermediate_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
             "max_position_embeddings":128,"rms_norm_eps":1e-5,"vocab_size":330,"rope_theta":10000,"tie_word_embeddings":false}
            """);
        var vocabulary = BytePairTrainer.Train([Prose], new BytePairTrainerOptions
        {
            VocabularySize = 330, Style = BytePairStyle.ByteLevel, SpecialTokens = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"], ChatTemplate = Template,
        }).Padded(330);
        Gguf = folder.At("tiny.gguf");
        InitialModel.Write(ModelConfig.Open(ConfigPath), vocabulary, Gguf, (tensor, values, _) =>
        {
            var random = new SeededRandom(1, tensor);
            foreach (ref float value in values) value = random.NextGaussian() * 0.3f;
        });
    }

    /// <summary>The model.</summary>
    public string Gguf { get; }

    /// <summary>What it was made from.</summary>
    public string ConfigPath { get; }

    /// <summary>Some text, enough for two chunks of 32 tokens.</summary>
    public string Text { get; }

    public void Dispose() => folder.Dispose();
}
