using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Models.Tests;

/// <summary>A folder written as a GGUF file computes what the folder computes, tokenizer included.</summary>
public sealed unsafe class ConversionTests
{
    [Theory]
    [MemberData(nameof(TinyRandomTests.Folders), MemberType = typeof(TinyRandomTests))]
    public void A_converted_folder_gives_the_logits_of_Transformers(string name)
    {
        string folder = SharedFolder.Path("models/tiny-random/" + name), temporary = Directory.CreateTempSubdirectory("convert").FullName;
        try
        {
            string path = Path.Combine(temporary, "model.gguf");
            FolderToGguf.Convert(folder, path, (_, type, _) => type);
            Assert.InRange(Distance(folder, path), 0, 1e-3f);

            var before = ModelText.Open(folder).Tokenizer;
            var after = ModelText.Open(path).Tokenizer;
            foreach (string text in new[] { "Once upon a time, there was a bird.", "Ünïcödé 🐦 and  spaces\n\tand 12345" })
                Assert.Equal(before.Encode(text), after.Encode(text));
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(TinyRandomTests.Folders), MemberType = typeof(TinyRandomTests))]
    public void A_file_converted_to_a_folder_gives_the_logits_of_Transformers(string name)
    {
        string folder = SharedFolder.Path("models/tiny-random/" + name), file = Path.Combine(folder, "model.gguf"), temporary = Directory.CreateTempSubdirectory("convert").FullName;
        Assert.SkipUnless(File.Exists(file), $"{name} has no GGUF file: llama.cpp computes it otherwise");
        try
        {
            Assert.Null(GgufToFolder.Convert(file, temporary, type => type));
            Assert.InRange(Distance(folder, temporary), 0, 1e-3f);
            SameTokens(ModelText.Open(file).Tokenizer, ModelText.Open(temporary).Tokenizer, ["Once upon a time, there was a bird.", "Ünïcödé 🐦 and  spaces\n\tand 12345", "<s> x </s>"]);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    [Theory]
    [InlineData("tokenizers/ggml-vocab-gpt-2.gguf", "gpt-2")]
    [InlineData("tokenizers/ggml-vocab-llama-bpe.gguf", "llama-bpe")]
    [InlineData("tokenizers/ggml-vocab-qwen2.gguf", "qwen2")]
    [InlineData("tokenizers/ggml-vocab-llama-spm.gguf", "llama-spm")]
    [InlineData("tokenizers/ggml-vocab-deepseek-llm.gguf", "qwen2")]
    [InlineData("models/smollm2-135m-instruct.q4_1.gguf", "smollm2")]
    public void A_vocabulary_written_as_tokenizer_json_gives_the_same_ids(string vocabulary, string texts)
    {
        var before = ModelText.Open(SharedFolder.Path(vocabulary)).Tokenizer;
        var (json, config) = before.ToTokenizerJson();
        var after = Lapwing.Text.Tokenizers.TokenizerFactory.FromTokenizerJson(json, config);
        string[] rows = [.. File.ReadLines(SharedFolder.Path($"tokenizers/random-text/{texts}.jsonl")).Take(100).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!)];
        SameTokens(before, after, rows);
        Assert.Equal((before.BosId, before.EosId, before.AddsBos, before.AddsEos), (after.BosId, after.EosId, after.AddsBos, after.AddsEos));
    }

    private static void SameTokens(Lapwing.Text.Tokenizers.Tokenizer before, Lapwing.Text.Tokenizers.Tokenizer after, IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            int[] ids = before.Encode(text);
            Assert.Equal(ids, after.Encode(text));
            // Hugging Face's decoder takes the letters of a user-defined token for bytes (DeepSeek's À), GGUF's readers do not.
            if (!ids.Any(id => before.Kind(id) == Lapwing.Text.Tokenizers.TokenKind.UserDefined)) Assert.Equal(before.Decode(ids), after.Decode(ids));
        }
    }

    /// <summary>The largest difference between the logits of the model at <paramref name="path"/> and those expected in <paramref name="folder"/>.</summary>
    private static float Distance(string folder, string path)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = ModelLoader.Load(path);
        var view = expected.Tensors["input_ids"];
        int[] ids = [.. Enumerable.Range(0, (int)view.Count).Select(i => view.Type == ElementType.I64 ? (int)((long*)view.Data)[i] : ((int*)view.Data)[i])];
        var arithmetic = new ExactArithmetic();
        using var pass = new Pass(arithmetic);
        using var state = model.NewState(arithmetic);
        pass.Begin([new SequenceSpan(0, ids.Length, 0, state)]);
        float* logits = model.Head.Logits(pass, model.Forward(pass, ids), ids.Length), want = (float*)expected.Tensors["logits"].Data;
        float worst = 0;
        for (int i = 0; i < ids.Length * model.Info.Vocabulary; i++) worst = Math.Max(worst, float.IsNaN(logits[i]) ? float.PositiveInfinity : Math.Abs(logits[i] - want[i]));
        return worst;
    }
}
