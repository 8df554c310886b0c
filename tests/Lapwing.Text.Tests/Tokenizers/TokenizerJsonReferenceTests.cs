using System.Text;
using System.Text.Json;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>tokenizer.json beside the GGUF of the same model.</summary>
public class TokenizerJsonReferenceTests
{
    private static readonly string[] Texts =
    [
        "", "Hello world", " Hello,  world!\n\n\tIt's 1234567 o'clock.", "ä ö ü é 你好 😁 𝐀𝐁", "<s>text</s><|endoftext|> and more", "\0 NUL", "   ", "a\r\nb",
    ];

    [Theory]
    [InlineData("tiny-random")]
    [InlineData("tiny-random-later")]
    [InlineData("tiny-vision")]
    public void Every_tokenizer_json_loads_and_spells_text_exactly(string family)
    {
        int loaded = 0;
        foreach (string folder in Directory.EnumerateDirectories(SharedFolder.Whole($"models/{family}")))
        {
            if (!File.Exists(Path.Combine(folder, "tokenizer.json"))) continue;
            Tokenizer tokenizer = Load(folder);
            foreach (string text in Texts)
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false, parseSpecial: false)));
            loaded++;
        }
        Assert.True(loaded > 3);
    }

    [Fact]
    public void Json_and_gguf_of_the_same_model_agree()
    {
        int compared = 0;
        foreach (string folder in Directory.EnumerateDirectories(SharedFolder.Whole("models/tiny-random")))
        {
            string path = Path.Combine(folder, "model.gguf");
            if (!File.Exists(path)) continue;
            Tokenizer json = Load(folder), gguf = TokenizerFactory.FromGguf(References.Vocabulary(path));
            Assert.Equal(gguf.VocabularySize, json.VocabularySize);
            Assert.Equal((gguf.BosId, gguf.EosId, gguf.UnknownId, gguf.PadId), (json.BosId, json.EosId, json.UnknownId, json.PadId));
            Assert.Equal(gguf.EndOfGeneration.Order(), json.EndOfGeneration.Order());
            for (int id = 0; id < json.VocabularySize; id++)
            {
                Assert.Equal(gguf.TokenText(id), json.TokenText(id));
                Assert.Equal(gguf.TokenBytes(id), json.TokenBytes(id));
            }
            foreach (string text in Texts)
            {
                Assert.Equal(gguf.Encode(text, addSpecial: false), json.Encode(text, addSpecial: false));
                Assert.Equal(gguf.Encode(text, addSpecial: false, parseSpecial: false), json.Encode(text, addSpecial: false, parseSpecial: false));
            }
            compared++;
        }
        Assert.True(compared > 5);
    }

    [Fact]
    public void The_gguf_written_from_json_is_the_converters()
    {
        string file = SharedFolder.Path("models/tiny-random/llama/model.gguf");
        GgufVocabulary want = References.Vocabulary(file), got = Load(Path.GetDirectoryName(file)!).ToGguf();
        Assert.Equal((want.Model, want.Pre), (got.Model, got.Pre));
        Assert.Equal(want.Merges, got.Merges);
        Assert.Equal(want.Tokens.Select(t => Encoding.UTF8.GetString(t.Span)), got.Tokens.Select(t => Encoding.UTF8.GetString(t.Span)));
        Assert.Equal((want.BosId, want.EosId, want.UnknownId, want.PadId), (got.BosId, got.EosId, got.UnknownId, got.PadId));
        // The converter calls <unk> control, for that is all tokenizer.json says; we keep its role.
        Assert.Equal(want.TokenTypes!.Where((_, id) => id != want.UnknownId), got.TokenTypes!.Where((_, id) => id != want.UnknownId));
    }

    [Fact]
    public void A_vocabulary_written_as_tokenizer_json_gives_the_ids_of_its_gguf()
    {
        foreach (string name in (string[])["gpt-2", "llama-bpe", "qwen2"])
        {
            string path = SharedFolder.Path($"tokenizers/ggml-vocab-{name}.gguf");
            Tokenizer json = TokenizerFactory.FromTokenizerJson(AsJson(References.Vocabulary(path), name));
            foreach ((string text, int[] ids) in References.RandomText(SharedFolder.Path($"tokenizers/random-text/{name}.jsonl")))
                Assert.Equal(ids, json.Encode(text, addSpecial: false, parseSpecial: false));
            Assert.Equal(name, json.ToGguf().Pre);
        }
    }

    internal static Tokenizer Load(string folder) => TokenizerFactory.FromTokenizerJson(
        File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), File.ReadAllBytes(Path.Combine(folder, "tokenizer_config.json")));

    /// <summary>The vocabulary in the form that the model's own tokenizer.json has.</summary>
    private static byte[] AsJson(GgufVocabulary vocabulary, string name)
    {
        string pattern = name switch
        {
            "llama-bpe" => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            _ => @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        };
        object split = new { type = "Split", pattern = new { Regex = pattern }, behavior = "Isolated", invert = false };
        object bytes = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = name == "gpt-2" };
        string[] texts = [.. vocabulary.Tokens.Select(t => Encoding.UTF8.GetString(t.Span))];
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = "1.0",
            added_tokens = texts.Select((content, id) => (content, id)).Where(t => vocabulary.TokenTypes![t.id] == 3)
                .Select(t => new { t.id, t.content, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = name == "qwen2" ? new { type = "NFC" } : null,
            pre_tokenizer = name == "gpt-2" ? bytes : new { type = "Sequence", pretokenizers = new[] { split, bytes } },
            decoder = bytes,
            model = new
            {
                type = "BPE",
                ignore_merges = name == "llama-bpe",
                vocab = texts.Select((text, id) => (text, id)).ToDictionary(t => t.text, t => t.id),
                merges = vocabulary.Merges!.Select(m => name == "gpt-2" ? (object)m : m.Split(' ')),
            },
        });
    }
}
