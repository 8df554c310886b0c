using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>The components of tokenizer.json, by the examples of Hugging Face's documentation and library tests.</summary>
public class ComponentTests
{
    [Theory]
    [InlineData("Removed", "the|final|countdown")]
    [InlineData("Isolated", "the|-|final|-|-|countdown")]
    [InlineData("MergedWithPrevious", "the-|final-|-|countdown")]
    [InlineData("MergedWithNext", "the|-final|-|-countdown")]
    [InlineData("Contiguous", "the|-|final|--|countdown")]
    public void Split_has_five_behaviours(string behavior, string want)
        => Assert.Equal(want.Split('|'), JsonBuilder.Pieces($$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}","invert":false}""", "the-final--countdown",
            ["the", "final", "countdown", "-", "--", "the-", "final-", "-final", "-countdown"]));

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+|[^\\w\\s]+"},"behavior":"Removed","invert":true}""", "How are you?", "How|are|you|?")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\s"},"behavior":"Removed","invert":false}""", "How are  you?", "How|are|you?")]
    [InlineData("""{"type":"Whitespace"}""", "How are you?!", "How|are|you|?!")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " How  are you? ", "How|are|you?")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "you12ab", "you|1|2|ab")]
    [InlineData("""{"type":"Digits","individual_digits":false}""", "you12ab", "you|12|ab")]
    [InlineData("""{"type":"Punctuation"}""", "Hey?!", "Hey|?|!")]
    [InlineData("""{"type":"Punctuation","behavior":"Contiguous"}""", "Hey?!", "Hey|?!")]
    [InlineData("""{"type":"BertPreTokenizer"}""", "Hey friend!  $5", "Hey|friend|!|$|5")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a-b", "a|b")]
    [InlineData("""{"type":"FixedLength","length":2}""", "abcde", "ab|cd|e")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "Hey friend", "▁Hey|▁friend")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "Hey friend", "Hey|▁friend")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false}""", "Hey friend", "▁Hey▁friend")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "Hey friend", "Hey|▁friend")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true}]}""", "a12 b", "a|1|2|b")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", "Hey you", "ĠHey|Ġyou")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", "Hey ü", "HeyĠÃ¼")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},{"type":"Digits","individual_digits":false}]}""", "a 12", "a|Ġ|12")]
    public void Pre_tokenizers_cut_as_documented(string preTokenizer, string text, string want)
        => Assert.Equal(want.Split('|'), JsonBuilder.Pieces(preTokenizer, text, [.. want.Split('|').Distinct()]));

    [Theory]
    [InlineData("""{"type":"NFC"}""", "e\u0301", "\u00E9")]
    [InlineData("""{"type":"NFKD"}""", "ﬁ", "fi")]
    [InlineData("""{"type":"Lowercase"}""", "ÄİẞΣ𐐀", "äi\u0307ßσ𐐨")]
    [InlineData("""{"type":"StripAccents"}""", "e\u0301", "e")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", "  a\n", "a")]
    [InlineData("""{"type":"Replace","pattern":{"String":"a"},"content":"bb"}""", "axa", "bbxbb")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}""", "a    b c", "a_b c")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""", "a", "▁a")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""", "HÉLLO", "hello")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "Hé\u0000\u200dL\tLo你", "hel lo 你 ")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":false,"lowercase":false}""", "Hé你", "Hé你")]
    [InlineData("""{"type":"Nmt"}""", "a\u0001b\u200Bc", "ab c")]
    public void Normalisers_rewrite_as_documented(string normalizer, string text, string want)
        => Assert.Equal([want], JsonBuilder.Pieces("null", text, [want], normalizer));

    [Fact]
    public void Word_pieces_are_the_longest_that_fit_and_a_word_that_cannot_be_spelled_is_unknown()
    {
        const string Model = """{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":10,"vocab":{"[UNK]":0,"un":1,"##aff":2,"##able":3,"##a":4,"un##":5}}""";
        Tokenizer tokenizer = JsonBuilder.Load(Model, preTokenizer: """{"type":"WhitespaceSplit"}""", decoder: """{"type":"WordPiece","prefix":"##","cleanup":true}""");
        Assert.Equal([1, 2, 3, 0, 1, 4, 4], tokenizer.Encode("unaffable unx unaa"));
        Assert.Equal([0], tokenizer.Encode("unaaaaaaaaaaaaaaa"));
        Assert.Equal("unaffable un", tokenizer.Decode([1, 2, 3, 1]));
    }

    [Fact]
    public void Unigram_follows_the_documented_example()
    {
        const string Model = """{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",0.0],["b",0.0],["c",0.0],["d",0.0],["cd",1.0],["ab",2.0],["abc",5.0],["abcd",10.0]]}""";
        Tokenizer tokenizer = JsonBuilder.Load(Model);
        Assert.Equal(["abcd", "a", "cd", "<unk>"], tokenizer.Encode("abcdacdxx").Select(tokenizer.TokenText));
    }

    [Fact]
    public void Unknown_characters_fall_back_to_bytes_fuse_or_vanish()
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];
        Assert.Equal([0, .. "é"u8.ToArray().Select(b => b + 1)], JsonBuilder.Load(JsonBuilder.BytePairs(["a", .. bytes], [], "\"byte_fallback\":true,")).Encode("aé"));
        Assert.Equal([1, 0, 1], JsonBuilder.Load(JsonBuilder.BytePairs(["<unk>", "a"], [], "\"unk_token\":\"<unk>\",\"fuse_unk\":true,")).Encode("axya"));
        Assert.Equal([1, 0, 0, 1], JsonBuilder.Load(JsonBuilder.BytePairs(["<unk>", "a"], [], "\"unk_token\":\"<unk>\",\"fuse_unk\":false,")).Encode("axya"));
        Assert.Equal([0, 0], JsonBuilder.Load(JsonBuilder.BytePairs(["a"], [])).Encode("axya"));
    }

    [Fact]
    public void Byte_pairs_know_prefixes_suffixes_and_whole_words()
    {
        string clip = JsonBuilder.BytePairs(["a", "b", "a</w>", "b</w>", "ab</w>"], ["a b</w>"], "\"end_of_word_suffix\":\"</w>\",");
        Assert.Equal([4], JsonBuilder.Load(clip).Encode("ab"));
        Assert.Equal([1, 2], JsonBuilder.Load(clip).Encode("ba"));
        string bert = JsonBuilder.BytePairs(["a", "##b", "ab", "##c"], ["a ##b"], "\"continuing_subword_prefix\":\"##\",");
        Assert.Equal([2, 3], JsonBuilder.Load(bert).Encode("abc"));
        string whole = JsonBuilder.BytePairs(["a", "b", "c", "abc", "ab"], ["a b"], "\"ignore_merges\":true,");
        Assert.Equal([3], JsonBuilder.Load(whole).Encode("abc"));
        Assert.Equal([4, 2], JsonBuilder.Load(whole.Replace("true", "false", StringComparison.Ordinal)).Encode("abc"));
    }

    [Fact]
    public void Of_equal_merges_the_last_counts_as_in_the_reference_library()
    {
        // (a,b) is first at rank 0 and then again at rank 2, behind (b,c).
        string model = JsonBuilder.BytePairs(["a", "b", "c", "ab", "bc"], ["a b", "b c", "a b"]);
        Assert.Equal([0, 4], JsonBuilder.Load(model).Encode("abc"));
    }

    [Fact]
    public void Post_processors_surround_a_text()
    {
        string words = JsonBuilder.Words("<s>", "</s>", "x");
        const string Template = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]},"</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}}""";
        foreach (string processor in (string[])
                 [
                     Template, """{"type":"BertProcessing","sep":["</s>",2],"cls":["<s>",1]}""", """{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":false}""",
                     $$"""{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":true},{{Template}}]}""",
                 ])
        {
            Tokenizer tokenizer = JsonBuilder.Load(words, postProcessor: processor);
            Assert.Equal([1, 3, 2], tokenizer.Encode("x"));
            Assert.Equal([3], tokenizer.Encode("x", addSpecial: false));
            Assert.Equal([1, 2], tokenizer.Encode(""));
        }
    }

    [Fact]
    public void The_configuration_names_the_tokens_and_may_overrule_the_post_processor()
    {
        string words = JsonBuilder.Words("<s>", "</s>", "x");
        const string Added = """[{"id":1,"content":"<s>","special":true},{"id":2,"content":"</s>","special":true}]""";
        Tokenizer tokenizer = JsonBuilder.Load(words, added: Added,
            config: """{"bos_token":{"content":"<s>"},"eos_token":"</s>","add_bos_token":true,"add_eos_token":true,"chat_template":"{{ x }}","clean_up_tokenization_spaces":true}""");
        Assert.Equal([1, 3, 2], tokenizer.Encode("x"));
        Assert.True(tokenizer is { AddsBos: true, AddsEos: true, BosId: 1, EosId: 2, ChatTemplate: "{{ x }}", AsksForCleanUp: true });
        Assert.Contains(2, tokenizer.EndOfGeneration);

        Tokenizer several = JsonBuilder.Load(words, config: """{"chat_template":[{"name":"default","template":"a"},{"name":"tool_use","template":"b"}]}""");
        Assert.Equal(("a", "b"), (several.ChatTemplate, several.ChatTemplates["tool_use"]));

        const string Bos = """{"type":"BertProcessing","sep":["</s>",2],"cls":["<s>",1]}""";
        Assert.Equal([3, 2], JsonBuilder.Load(words, postProcessor: Bos, config: """{"tokenizer_class":"LlamaTokenizerFast","bos_token":"<s>","add_bos_token":false}""").Encode("x"));
        Assert.Equal([1, 3, 2], JsonBuilder.Load(words, postProcessor: Bos, config: """{"tokenizer_class":"PreTrainedTokenizerFast","bos_token":"<s>","add_bos_token":false}""").Encode("x"));
    }

    [Theory]
    [InlineData("""{"type":"ByteLevel"}""", "Ġa|b", " ab")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a|▁b", "a b")]
    [InlineData("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""", "▁a|<0xC3>|<0xA9>|▁b", "aé b")]
    [InlineData("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}""", "▁a|▁b", " a b")]
    [InlineData("""{"type":"WordPiece","prefix":"##","cleanup":true}""", "a|##b|c|.|n't", "ab c.n't")]
    [InlineData("null", "a|b", "a b")]
    public void Decoders_give_the_text_back(string decoder, string tokens, string want)
    {
        string[] words = tokens.Split('|');
        Tokenizer tokenizer = JsonBuilder.Load(JsonBuilder.Words(words), decoder: decoder);
        Assert.Equal(want, tokenizer.Decode([.. words.Select(w => tokenizer.Find(w)!.Value)]));
    }

    [Theory]
    [InlineData("normalizer", """{"type":"Strange"}""")]
    [InlineData("pre_tokenizer", """{"type":"Strange"}""")]
    [InlineData("decoder", """{"type":"CTC"}""")]
    [InlineData("post_processor", """{"type":"Strange"}""")]
    [InlineData("model", """{"type":"Strange","vocab":{}}""")]
    public void An_unknown_component_is_named(string part, string content)
    {
        string model = part == "model" ? content : JsonBuilder.Words("x");
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => JsonBuilder.Load(model,
            part == "normalizer" ? content : "null", part == "pre_tokenizer" ? content : "null", part == "decoder" ? content : "null", part == "post_processor" ? content : "null"));
        Assert.Contains(content.Contains("CTC", StringComparison.Ordinal) ? "CTC" : "Strange", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_precompiled_map_replaces_short_graphemes_whole_and_long_texts_by_their_longest_prefix()
    {
        byte[] map = CharacterMaps.Build(("ﬁ", "fi"), ("①", "1"), ("ab", "X"), ("a", "Y"), ("\t", " "));
        var read = new CharacterMap(map);
        var original = new SentencePieceNormalizer(read, addDummyPrefix: true, removeExtraSpaces: true, suffix: false, keepWhole: null);
        Assert.Equal("▁Xfi▁1Y", original.Apply("abﬁ \t①a"));
        var published = new PrecompiledNormalizer(read, map);
        Assert.Equal("Ybfi 1", published.Apply("abﬁ\t①"));
        // A base with its mark is one grapheme: the shortest prefix that has a replacement swallows it, as the reference does.
        Assert.Equal("Y", published.Apply("a\u0301"));
    }
}
