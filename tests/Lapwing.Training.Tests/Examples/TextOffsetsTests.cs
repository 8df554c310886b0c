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

    private static Tokenizer Open(string file)
    {
        using var gguf = GgufFile.Open(SharedFolder.Path(file));
        return TokenizerFactory.FromGguf(Vocabularies.Of(gguf));
    }
}
