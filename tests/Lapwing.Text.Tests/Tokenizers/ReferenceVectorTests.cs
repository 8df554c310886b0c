using System.Text.Json;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>Against the vectors of llama.cpp and of Hugging Face's tokenizers.</summary>
public class ReferenceVectorTests
{
    public static TheoryData<string> Vocabularies { get; } = ["bert-bge", "deepseek-llm", "gpt-2", "llama-bpe", "llama-spm", "mpt", "qwen2"];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Every_vector_of_a_vocabulary_is_exact(string name)
    {
        string path = SharedFolder.Path($"tokenizers/ggml-vocab-{name}.gguf");
        Check(References.Gguf(path), References.Vectors(path));
    }

    [Theory]
    [InlineData("gpt-2", "tokenizers/ggml-vocab-gpt-2.gguf")]
    [InlineData("llama-bpe", "tokenizers/ggml-vocab-llama-bpe.gguf")]
    [InlineData("qwen2", "tokenizers/ggml-vocab-qwen2.gguf")]
    [InlineData("llama-spm", "tokenizers/ggml-vocab-llama-spm.gguf")]
    [InlineData("smollm2", "models/smollm2-135m-instruct.q4_1.gguf")]
    public void Every_random_text_is_exact(string name, string model)
        => Check(References.Gguf(SharedFolder.Path(model)), References.RandomText(SharedFolder.Path($"tokenizers/random-text/{name}.jsonl")));

    [Fact]
    public void Ids_of_a_sentence_encoder_are_those_of_its_reference()
    {
        Tokenizer tokenizer = References.Gguf(SharedFolder.Path("models/all-minilm-l6-v2.q4_0.gguf"));
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Path("models/all-minilm-l6-v2.reference.json")));
        foreach (JsonElement row in reference.RootElement.GetProperty("cases").EnumerateArray())
        {
            // The reference cuts a text at 256 tokens, its closing [SEP] among them.
            int[] ids = tokenizer.Encode(row.GetProperty("text").GetString()!);
            if (ids.Length > 256) ids = [.. ids[..255], ids[^1]];
            Assert.Equal(row.GetProperty("ids").EnumerateArray().Select(x => x.GetInt32()), ids);
        }
    }

    [Fact]
    public void A_story_model_s_sample_reads_back()
    {
        using JsonDocument sample = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Path("models/stories260k.sample.json")));
        Tokenizer tokenizer = References.Gguf(SharedFolder.Path("models/stories260k.f32.gguf"));
        int[] ids = [.. sample.RootElement.EnumerateArray().Select(x => x.GetInt32())];
        string text = tokenizer.Decode(ids, skipSpecial: true);
        Assert.StartsWith("Once upon a time", text, StringComparison.Ordinal);
        Assert.Contains(text.Trim(), File.ReadAllText(SharedFolder.Path("models/stories260k.sample.txt")), StringComparison.Ordinal);
    }

    private static void Check(Tokenizer tokenizer, IEnumerable<(string Text, int[] Ids)> cases)
    {
        int count = 0;
        var wrong = new List<string>();
        foreach ((string text, int[] ids) in cases)
        {
            count++;
            int[] got = tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
            if (!got.AsSpan().SequenceEqual(ids)) wrong.Add($"'{text}'\n  want {References.Show(ids)}\n  got  {References.Show(got)}");
        }
        Assert.True(count > 10);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} wrong:\n{string.Join('\n', wrong.Take(5))}");
    }
}
