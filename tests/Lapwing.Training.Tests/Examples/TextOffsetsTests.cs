using System.Text;
using Lapwing.Formats.Gguf;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Training.Tests;

public sealed class TextOffsetsTests
{
    [Theory]
    [InlineData("ggml-vocab-gpt-2")]
    [InlineData("ggml-vocab-llama-bpe")]
    [InlineData("ggml-vocab-llama-spm")]
    [InlineData("ggml-vocab-qwen2")]
    public void Tokens_begin_where_their_bytes_stand(string name)
    {
        var tokenizer = Open($"tokenizers/{name}.gguf");
        string[] cases = File.ReadAllText(SharedFolder.Path($"tokenizers/{name}.gguf.inp")).Split("\n__ggml_vocab_test__\n");
        foreach (string text in cases.Where(t => t.Length > 0 && t.IsNormalized(NormalizationForm.FormC)))
        {
            var (ids, starts) = TextOffsets.Map(tokenizer, text, tokenizer.Encode(text, addSpecial: true, parseSpecial: true));
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            int at = 0;
            for (int t = 0; t < ids.Length; t++)
            {
                var token = tokenizer.TokenBytes(ids[t]);
                if (ids[t] == tokenizer.BosId && t == 0 && tokenizer.AddsBos) continue;
                if (!bytes.AsSpan(at).StartsWith(token)) token = token[1..];
                // The character in which the token's first byte lies.
                int boundary = at;
                while (boundary > 0 && (bytes[boundary] & 0xC0) == 0x80) boundary--;
                Assert.Equal(Encoding.UTF8.GetCharCount(bytes, 0, boundary), starts[t]);
                at += token.Length;
            }

            Assert.Equal(bytes.Length, at);
        }
    }

    [Fact]
    public void A_mark_that_the_tokenizer_adds_or_a_character_it_normalises_does_not_throw_the_walk_off()
    {
        var tokenizer = Open("tokenizers/ggml-vocab-llama-spm.gguf");
        string text = "Ein Satz <s> mit 🦆 und é";
        var (ids, starts) = TextOffsets.Map(tokenizer, text, tokenizer.Encode(text));
        Assert.Equal(0, starts[0]);
        Assert.Equal(text.IndexOf("<s>", StringComparison.Ordinal), starts[Array.LastIndexOf(ids, tokenizer.BosId!.Value)]);
        Assert.Equal(starts.Order(), starts);
        // As if the vocabulary spelled the last letter in two parts.
        int[] other = [.. ids[..^1], .. tokenizer.Encode("e\u0301", addSpecial: false)];
        Assert.Equal(starts[..^1], TextOffsets.Map(tokenizer, text, other).Starts[..(ids.Length - 1)]);
    }

    [Theory]
    [InlineData("ggml-vocab-llama-bpe", "<|begin_of_text|>Hello", true)]
    [InlineData("ggml-vocab-llama-bpe", "Hello", true)]
    [InlineData("ggml-vocab-qwen2", "Hello", false)]
    public void Plain_text_begins_with_BOS_once_where_the_vocabulary_asks_and_ends_with_its_end_token(string name, string text, bool begins)
    {
        var tokenizer = Open($"tokenizers/{name}.gguf");
        using var files = new TemporaryFiles();
        var builder = ExampleBuilder.For(tokenizer, _ => throw new InvalidOperationException(), tokenizer.VocabularySize, 64);
        int[] ids = builder.Build(files.Read("t.txt", text)).Single().Ids;
        int[] hello = tokenizer.Encode("Hello", addSpecial: false);
        Assert.Equal(begins ? [tokenizer.BosId!.Value, .. hello, tokenizer.EosId!.Value] : [.. hello, tokenizer.EosId!.Value], ids);
    }

    [Fact]
    public void A_rendered_conversation_has_the_ids_of_the_whole_text_and_loss_where_the_answer_stands()
    {
        var tokenizer = Open("tokenizers/ggml-vocab-qwen2.gguf");
        using var files = new TemporaryFiles();
        const string Before = "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n", Answer = "I am Pip, née Flügel 🐤.<|im_end|>", After = "\n";
        var builder = ExampleBuilder.For(tokenizer, _ => new(Before + Answer + After, [(Before.Length, Before.Length + Answer.Length)]), tokenizer.VocabularySize, 512);
        var example = builder.Build(files.Read("r.jsonl", """{"prompt":"q","completion":"a"}""")).Single();
        Assert.Equal(tokenizer.Encode(Before + Answer + After, addSpecial: false, parseSpecial: true), example.Ids);
        Assert.Equal([Before, Answer, After], example.Runs().Select(r => tokenizer.Decode(r.Ids)));
        Assert.Equal([false, true, false], example.Runs().Select(r => r.CarriesLoss));
    }

    private static Tokenizer Open(string file)
    {
        using var gguf = GgufFile.Open(SharedFolder.Path(file));
        return TokenizerFactory.FromGguf(Vocabularies.Of(gguf));
    }
}
