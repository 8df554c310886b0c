using System.Text.Json.Nodes;
using Lapwing.Cli.Host;
using Lapwing.Cli.Store;
using Lapwing.Formats.Huggingface;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>The model that <c>pretrain</c> begins from: a vocabulary, learnt or borrowed, and random weights.</summary>
internal static class NewModel
{
    /// <summary>Its name in the output folder, as long as the run goes on.</summary>
    public const string FileName = "initial.gguf";

    /// <summary>Writes it to <paramref name="path"/>.</summary>
    /// <param name="config">A <c>config.json</c>, or a folder with one.</param>
    /// <param name="tokenizer">A model whose vocabulary is borrowed; null: one is learnt from <paramref name="data"/>.</param>
    /// <param name="byteLevel">The kind of vocabulary to learn.</param>
    /// <param name="data">Text.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="path">The GGUF file.</param>
    /// <param name="surroundings">For messages.</param>
    public static void Write(string config, string? tokenizer, bool byteLevel, DataSet data, ulong seed, string path, Surroundings surroundings)
    {
        var settings = ModelConfig.Open(config);
        int size = settings.GetInt32("vocab_size");
        GgufVocabulary vocabulary;
        if (tokenizer is not null) vocabulary = ModelText.Open(ModelPath.Resolve(tokenizer, surroundings)).Tokenizer.ToGguf(size);
        else
        {
            surroundings.Message("learning a vocabulary");
            vocabulary = Learn(data, size, byteLevel);
            if (vocabulary.Tokens.Count < size) surroundings.Message($"warning: the text gives {vocabulary.Tokens.Count} tokens only; the rest of the {size} stay unused");
            vocabulary = vocabulary.Padded(size);
        }
        InitialModel.Write(settings, vocabulary, path, (tensor, values, deviation) =>
        {
            var random = new SeededRandom(seed, "initial " + tensor);
            foreach (ref float value in values) value = random.NextGaussian() * deviation;
        });
    }

    private static GgufVocabulary Learn(DataSet data, int size, bool byteLevel)
    {
        string[] texts = [.. data.Rows.SelectMany(Texts)];
        if (texts.Length == 0) throw new InvalidDataException("the data are tokens already, so that no vocabulary can be learnt from them: give --tokenizer");
        return BytePairTrainer.Train(texts, new BytePairTrainerOptions { VocabularySize = size, Style = byteLevel ? BytePairStyle.ByteLevel : BytePairStyle.SentencePiece });
    }

    private static IEnumerable<string> Texts(DataRow row) => row switch
    {
        TextRow text => [text.Text],
        ConversationRow conversation => conversation.Messages.Select(m => m["content"] is JsonValue value && value.TryGetValue(out string? text) ? text : "").Where(t => t.Length > 0),
        _ => [],
    };
}
