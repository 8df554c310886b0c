using System.Text;
using System.Text.Json;
using CsCheck;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>From tokenizer.json to GGUF values and back to a tokenizer: the ids stay.</summary>
public class ConversionTests
{
    private const string Replace = """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""";
    private const string Prepend = """{"type":"Prepend","prepend":"▁"}""";

    private static readonly string[] Parts = ["the", " ", "  ", "other", "quick", "Ä", "ü", "你好", "😀", "12", "1234", ".", "'s", "\n", "<s>", "<|im_end|>", "x", "Zebra", "é"];

    private static readonly Gen<string> Text = Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]).Array[0, 20].Select(string.Concat);

    /// <summary>Merges as Hugging Face derives them from a SentencePiece vocabulary: every way to make each token, best score first.</summary>
    internal static List<string[]> MergesOf(GgufVocabulary v)
    {
        string[] tokens = [.. v.Tokens.Select(t => Encoding.UTF8.GetString(t.Span))];
        var ids = tokens.Select((t, id) => (t, id)).ToDictionary(x => x.t, x => x.id);
        var merges = new List<(string Left, string Right, float Score)>();
        for (int id = 0; id < tokens.Length; id++)
        {
            var ways = new List<(string Left, string Right, float Score)>();
            for (int cut = 1; cut < tokens[id].Length; cut++)
                if (ids.ContainsKey(tokens[id][..cut]) && ids.ContainsKey(tokens[id][cut..])) ways.Add((tokens[id][..cut], tokens[id][cut..], v.Scores![id]));
            merges.AddRange(ways.OrderBy(w => ids[w.Left]).ThenBy(w => ids[w.Right]));
        }
        return [.. merges.OrderByDescending(m => m.Score).ThenByDescending(m => m.Left.Length).ThenByDescending(m => m.Right.Length).Select(m => (string[])[m.Left, m.Right])];
    }

    private static string LlamaModel(GgufVocabulary v)
        => JsonSerializer.Serialize(new
        {
            type = "BPE",
            unk_token = "<unk>",
            fuse_unk = true,
            byte_fallback = true,
            vocab = v.Tokens.Select((t, id) => (Encoding.UTF8.GetString(t.Span), id)).ToDictionary(x => x.Item1, x => x.id),
            merges = MergesOf(v),
        });

    private static string Added(GgufVocabulary v) => JsonSerializer.Serialize(v.TokenTypes!.Select((type, id) => (type, id)).Where(t => t.type is 2 or 3)
        .Select(t => new { t.id, content = Encoding.UTF8.GetString(v.Tokens[t.id].Span), special = true, normalized = false }));

    private static string Decoder => $$"""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""";

    private static Tokenizer Llama(GgufVocabulary v) => JsonBuilder.Load(LlamaModel(v), $$"""{"type":"Sequence","normalizers":[{{Prepend}},{{Replace}}]}""", decoder: Decoder, added: Added(v),
        config: """{"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>","add_bos_token":true,"add_eos_token":false,"tokenizer_class":"LlamaTokenizer","chat_template":"T"}""");

    [Fact]
    public void A_llama_tokenizer_json_is_its_SentencePiece_vocabulary()
    {
        GgufVocabulary v = SmallVocabularies.SentencePiece;
        Tokenizer gguf = TokenizerFactory.FromGguf(v), json = Llama(v);
        GgufVocabulary written = json.ToGguf();
        Assert.Equal(("llama", true, true, "T"), (written.Model, written.AddSpacePrefix, written.AddBos, written.ChatTemplate));
        Tokenizer again = TokenizerFactory.FromGguf(written);
        Text.Sample(text =>
        {
            foreach (bool parse in (bool[])[true, false])
            {
                int[] want = gguf.Encode(text, parseSpecial: parse);
                Assert.Equal(want, json.Encode(text, parseSpecial: parse));
                Assert.Equal(want, again.Encode(text, parseSpecial: parse));
                Assert.Equal(gguf.Decode(want, skipSpecial: true), json.Decode(want, skipSpecial: true));
                Assert.Equal(gguf.Decode(want, skipSpecial: true), again.Decode(want, skipSpecial: true));
            }
        }, iter: 300);
    }

    [Fact]
    public void The_published_llama_vocabulary_survives_the_way_through_tokenizer_json()
    {
        GgufVocabulary v = References.Vocabulary(SharedFolder.Path("tokenizers/ggml-vocab-llama-spm.gguf"));
        Tokenizer json = Llama(v), again = TokenizerFactory.FromGguf(json.ToGguf());
        foreach ((string text, int[] ids) in References.RandomText(SharedFolder.Path("tokenizers/random-text/llama-spm.jsonl")))
        {
            Assert.Equal(ids, json.Encode(text, addSpecial: false, parseSpecial: false));
            Assert.Equal(ids, again.Encode(text, addSpecial: false, parseSpecial: false));
        }
    }

    [Fact]
    public void Merges_that_no_scores_stand_for_are_refused_or_kept_as_gemma_4_keeps_them()
    {
        // "ab" could be made of its letters, but the list only makes "xab" of "xa" and "b".
        string model = JsonBuilder.BytePairs(["<unk>", "a", "b", "x", "▁", "xa", "ab", "xab", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")], ["x a", "xa b"], "\"byte_fallback\":true,\"unk_token\":\"<unk>\",");
        Tokenizer prefixed = JsonBuilder.Load(model, $$"""{"type":"Sequence","normalizers":[{{Prepend}},{{Replace}}]}""");
        Assert.Contains("GGUF cannot express", Assert.Throws<NotSupportedException>(() => prefixed.ToGguf()).Message, StringComparison.Ordinal);
        Tokenizer bare = JsonBuilder.Load(model, Replace, postProcessor: """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"id":"<s>","ids":[264]}}}""",
            added: """[{"id":264,"content":"<s>","special":true}]""", decoder: Decoder);
        GgufVocabulary written = bare.ToGguf();
        Assert.Equal("gemma4", written.Model);
        Tokenizer again = TokenizerFactory.FromGguf(written);
        foreach (string text in (string[])["xab ab", "ab", "a\n\nb é", ""]) Assert.Equal(bare.Encode(text), again.Encode(text));
    }

    [Fact]
    public void Unigram_and_word_pieces_survive_too()
    {
        GgufVocabulary v = SmallVocabularies.Unigram;
        string map = Convert.ToBase64String(v.PrecompiledCharsmap!.Value.Span);
        string model = JsonSerializer.Serialize(new { type = "Unigram", unk_id = 0, vocab = v.Tokens.Select((t, id) => (object[])[Encoding.UTF8.GetString(t.Span), v.TokenTypes![id] == 1 ? v.Scores![id] : -100]) });
        Tokenizer json = JsonBuilder.Load(model, $$"""{"type":"Precompiled","precompiled_charsmap":"{{map}}"}""",
            """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}]}""",
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", added: Added(v), config: """{"eos_token":"</s>","unk_token":"<unk>","add_eos_token":true}""");
        Tokenizer again = TokenizerFactory.FromGguf(json.ToGguf());
        Text.Sample(text => Assert.Equal(json.Encode(text), again.Encode(text)), iter: 200);

        GgufVocabulary w = SmallVocabularies.WordPiece;
        var pieces = w.Tokens.Select((t, id) => (Text: Encoding.UTF8.GetString(t.Span), id)).Select(t => (Text: t.id < 5 ? t.Text : t.Text[0] == '▁' ? t.Text[1..] : "##" + t.Text, t.id));
        Tokenizer bert = JsonBuilder.Load(JsonSerializer.Serialize(new { type = "WordPiece", unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100, vocab = pieces.ToDictionary(p => p.Text, p => p.id) }),
            """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", """{"type":"BertPreTokenizer"}""",
            """{"type":"WordPiece","prefix":"##","cleanup":true}""", """{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}""", Added(w),
            """{"cls_token":"[CLS]","sep_token":"[SEP]","unk_token":"[UNK]","pad_token":"[PAD]","mask_token":"[MASK]"}""");
        GgufVocabulary written = bert.ToGguf();
        Tokenizer gguf = TokenizerFactory.FromGguf(w), back = TokenizerFactory.FromGguf(written);
        Assert.Equal(w.Tokens.Select(t => Encoding.UTF8.GetString(t.Span)), written.Tokens.Select(t => Encoding.UTF8.GetString(t.Span)));
        Text.Sample(text =>
        {
            int[] want = gguf.Encode(text);
            Assert.Equal(want, bert.Encode(text));
            Assert.Equal(want, back.Encode(text));
        }, iter: 200);
    }

    [Fact]
    public void The_name_of_a_pre_tokenizer_follows_from_its_steps()
    {
        const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
        string[] alphabet = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b).ToString())];
        string model = JsonBuilder.BytePairs(alphabet, []), whole = JsonBuilder.BytePairs(alphabet, [], "\"ignore_merges\":true,");
        const string Plain = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", Gpt2 = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""";

        Assert.Equal("gpt-2", Name(model, Gpt2));
        Assert.Equal("smollm", Name(model, Sequence("""{"type":"Digits","individual_digits":true}""", Gpt2)));
        Assert.Equal("falcon", Name(model, Sequence("""{"type":"Punctuation","behavior":"Contiguous"}""", Gpt2, """{"type":"Digits","individual_digits":false}""", Split("[0-9][0-9][0-9]"))));
        Assert.Equal("llama-bpe", Name(whole, Sequence(Split(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), Plain)));
        Assert.Equal("dbrx", Name(model.Replace("\"merges\":[]", "\"merges\":[[\"a\",\"b\"]]", StringComparison.Ordinal).Replace("\"vocab\":{", "\"vocab\":{\"ab\":256,", StringComparison.Ordinal),
            Sequence(Split(Contractions + @"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), Plain)));
        Assert.Equal("qwen2", Name(model, Sequence(Split(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), Plain)));
        Assert.Equal("deepseek-v3", Name(model, Sequence(Split(@"\p{N}{1,3}"), Split("[一-龥\u3040-ゟ゠-ヿ]+"),
            Split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"), Plain)));
        Assert.Contains("cannot express", Assert.Throws<NotSupportedException>(() => Name(model, Sequence(Split("x+"), Plain))).Message, StringComparison.Ordinal);
        Assert.Contains("space", Assert.Throws<NotSupportedException>(() => Name(model, """{"type":"ByteLevel","add_prefix_space":true}""")).Message, StringComparison.Ordinal);

        static string Split(string pattern) => JsonSerializer.Serialize(new { type = "Split", pattern = new { Regex = pattern }, behavior = "Isolated", invert = false });
        static string Sequence(params string[] steps) => $$"""{"type":"Sequence","pretokenizers":[{{string.Join(',', steps)}}]}""";
        static string? Name(string model, string steps) => JsonBuilder.Load(model, preTokenizer: steps).ToGguf().Pre;
    }

    [Fact]
    public void What_tokenizer_json_cannot_hold_is_refused_by_name()
    {
        GgufVocabulary v = SmallVocabularies.ByteLevel;
        GgufVocabulary through = v with { Merges = [.. v.Merges!, "nosuch token"] };
        Assert.Contains("'nosuch token'", Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(through).ToTokenizerJson()).Message, StringComparison.Ordinal);
        GgufVocabulary noText = SmallVocabularies.SentencePiece with { Tokens = [.. SmallVocabularies.SentencePiece.Tokens.SkipLast(1), new byte[] { 0xE4, 0xBD }] };
        Assert.Contains("UTF-8", Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(noText).ToTokenizerJson()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_equal_merges_the_first_counts_in_tokenizer_json_as_well()
    {
        GgufVocabulary v = SmallVocabularies.ByteLevel;
        Tokenizer twice = TokenizerFactory.FromGguf(v with { Merges = [.. v.Merges!, .. v.Merges!.Reverse()] });
        var (json, config) = twice.ToTokenizerJson();
        Tokenizer back = TokenizerFactory.FromTokenizerJson(json, config);
        Text.Sample(text => Assert.Equal(twice.Encode(text), back.Encode(text)), iter: 200);
    }

    [Fact]
    public void Metadata_written_is_metadata_read()
    {
        foreach (GgufVocabulary v in SmallVocabularies.All)
        {
            GgufVocabulary full = v with { ChatTemplate = "T", ChatTemplates = new Dictionary<string, string> { ["tool_use"] = "U" }, MaskId = 4, FurtherEndIds = [3] };
            var values = full.ToMetadata().ToDictionary(p => p.Key, p => p.Value);
            GgufVocabulary read = GgufVocabulary.FromMetadata(values.GetValueOrDefault);
            Assert.Equal(full.Tokens.Select(t => t.ToArray()), read.Tokens.Select(t => t.ToArray()));
            Assert.Equal((full.Scores, full.TokenTypes, full.Merges), (read.Scores, read.TokenTypes, read.Merges), (a, b) => Same(a.Scores, b.Scores) && Same(a.TokenTypes, b.TokenTypes) && Same(a.Merges, b.Merges));
            Assert.Equal((full.Model, full.Pre, full.BosId, full.EosId, full.UnknownId, full.PadId, full.MaskId), (read.Model, read.Pre, read.BosId, read.EosId, read.UnknownId, read.PadId, read.MaskId));
            Assert.Equal((full.AddBos, full.AddEos, full.AddSpacePrefix, full.RemoveExtraWhitespaces), (read.AddBos, read.AddEos, read.AddSpacePrefix, read.RemoveExtraWhitespaces));
            Assert.Equal(("T", "U"), (read.ChatTemplate, read.ChatTemplates["tool_use"]));
            Assert.Equal([3], read.FurtherEndIds);
            Assert.Equal(full.PrecompiledCharsmap?.ToArray(), read.PrecompiledCharsmap?.ToArray());
        }

        static bool Same<T>(IEnumerable<T>? a, IEnumerable<T>? b) => a is null ? b is null : b is not null && a.SequenceEqual(b);
    }

    [Fact]
    public void An_embedding_larger_than_the_vocabulary_is_filled_with_unused_tokens()
    {
        GgufVocabulary padded = Llama(SmallVocabularies.SentencePiece).ToGguf(512);
        Assert.Equal((512, 512, 512), (padded.Tokens.Count, padded.Scores!.Count, padded.TokenTypes!.Count));
        Tokenizer tokenizer = TokenizerFactory.FromGguf(padded);
        Assert.Equal(("[PAD511]", TokenKind.Unused), (tokenizer.TokenText(511), tokenizer.Kind(511)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.ToGguf(100));
    }
}
