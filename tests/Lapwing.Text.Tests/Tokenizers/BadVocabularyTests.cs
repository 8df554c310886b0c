using System.Text;
using CsCheck;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>Damaged and hostile vocabularies: one clear error, never a crash.</summary>
public class BadVocabularyTests
{
    private static GgufVocabulary Good => SmallVocabularies.SentencePiece;

    [Theory]
    [InlineData(-5)]
    [InlineData(420)]
    [InlineData(int.MaxValue)]
    public void A_bos_or_eos_id_out_of_range_is_refused(int id)
    {
        Refused(Good with { BosId = id }, "bos_token_id");
        Refused(Good with { EosId = id }, "eos_token_id");
        // What no text needs is left out instead.
        Assert.Null(TokenizerFactory.FromGguf(Good with { PadId = id }).PadId);
    }

    [Theory]
    [InlineData("<0x-1>")]
    [InlineData("<0xZZ>")]
    [InlineData("<0x4>")]
    [InlineData("<0x041>")]
    [InlineData("byte")]
    public void A_byte_token_spelled_otherwise_is_refused(string spelling)
        => Refused(Good with { Tokens = [.. Good.Tokens.Take(70), .. GgufVocabulary.Spellings([spelling]), .. Good.Tokens.Skip(71)] }, "byte");

    [Fact]
    public void Lists_of_unequal_length_are_refused()
    {
        Refused(Good with { Scores = [.. Good.Scores!.Skip(1)] }, "scores");
        Refused(Good with { Scores = [.. Good.Scores!, 0] }, "scores");
        Refused(Good with { TokenTypes = [.. Good.TokenTypes!.Skip(1)] }, "token_type");
        Refused(Good with { Scores = [.. Good.Scores!.Skip(1), float.NaN] }, "score");
    }

    [Fact]
    public void A_token_twice_is_refused()
        => Refused(Good with { Tokens = [.. Good.Tokens.Take(300), Good.Tokens[290], .. Good.Tokens.Skip(301)] }, "twice");

    [Fact]
    public void An_empty_vocabulary_is_refused()
    {
        Refused(Good with { Tokens = [], Scores = [], TokenTypes = [] }, "empty");
        Assert.Throws<InvalidDataException>(() => JsonBuilder.Load("""{"type":"BPE","vocab":{},"merges":[]}"""));
        Assert.Throws<InvalidDataException>(() => JsonBuilder.Load("""{"type":"Unigram","vocab":[],"unk_id":0}"""));
    }

    [Fact]
    public void Empty_spellings_are_places_that_no_text_reaches()
    {
        GgufVocabulary v = Good with { Tokens = [.. Good.Tokens.Take(400), default, default, .. Good.Tokens.Skip(402)] };
        Tokenizer tokenizer = TokenizerFactory.FromGguf(v);
        Assert.Equal("", tokenizer.TokenText(401));
        Assert.Equal("", tokenizer.Decode([401]));
    }

    [Fact]
    public void Merges_of_unknown_tokens_or_stated_twice_do_no_harm_in_gguf_and_are_refused_in_json()
    {
        GgufVocabulary v = SmallVocabularies.ByteLevel;
        GgufVocabulary odd = v with { Merges = [.. v.Merges!, .. v.Merges!.Take(20), "nosuch token", "Ġ nothing"] };
        Tokenizer tokenizer = TokenizerFactory.FromGguf(odd);
        Assert.Equal(TokenizerFactory.FromGguf(v).Encode("The quick brown fox"), tokenizer.Encode("The quick brown fox"));
        Refused(v with { Merges = ["nospace"] }, "merge");
        Refused(v with { Merges = ["a "] }, "merge");
        Refused(v with { Merges = [""] }, "merge");
        Refused(v with { Merges = null }, "merges");
        Assert.Contains("xy", Assert.Throws<InvalidDataException>(() => JsonBuilder.Load(JsonBuilder.BytePairs(["a", "x", "y"], ["x y"]))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => JsonBuilder.Load(JsonBuilder.BytePairs(["a", "b"], ["a  b"])));
        Assert.Throws<InvalidDataException>(() => JsonBuilder.Load("""{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}"""));
    }

    [Fact]
    public void Merges_in_a_circle_end()
    {
        // aa → a would go on for ever if a merge could shorten: a pair of tokens always becomes a longer one.
        Tokenizer tokenizer = JsonBuilder.Load(JsonBuilder.BytePairs(["a", "aa", "aaa", "aaaa"], ["a a", "aa a", "a aa", "aa aa", "aaa a"]));
        Assert.Equal(10_001, tokenizer.Encode(new string('a', 10_001)).Sum(id => id + 1));
    }

    [Fact]
    public void An_unknown_tokenizer_or_pre_tokenizer_is_named()
    {
        Assert.Contains("'rwkv'", Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(Good with { Model = "rwkv" })).Message, StringComparison.Ordinal);
        Assert.Contains("'made-up'", Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel with { Pre = "made-up" })).Message, StringComparison.Ordinal);
        Assert.NotEmpty(TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel with { Pre = null }).Warnings);
    }

    [Fact]
    public void Asking_for_a_bos_that_is_not_named_is_refused()
        => Refused(SmallVocabularies.ByteLevel with { BosId = null, AddBos = true }, "bos");

    [Fact]
    public void A_unigram_vocabulary_without_scores_or_with_a_broken_map_is_refused()
    {
        Refused(SmallVocabularies.Unigram with { Scores = null }, "scores");
        foreach (byte[] map in (byte[][])[[1], [255, 255, 255, 255, 0, 0], [8, 0, 0, 0, 1, 2, 3, 4]])
            Refused(SmallVocabularies.Unigram with { PrecompiledCharsmap = map }, "precompiled_charsmap");
        byte[] good = SmallVocabularies.Unigram.PrecompiledCharsmap!.Value.ToArray();
        Gen.Select(Gen.Int[4, 4000], Gen.Byte).Array[1, 50].Sample(changes =>
        {
            byte[] bad = [.. good];
            foreach ((int at, byte value) in changes) bad[at] = value;
            try
            {
                TokenizerFactory.FromGguf(SmallVocabularies.Unigram with { PrecompiledCharsmap = bad }).Encode("ﬁ the\nend Ａ");
            }
            catch (InvalidDataException)
            {
            }
        }, iter: 100);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"model":5}""")]
    [InlineData("""{"model":{"type":"BPE"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1.5},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":"0"},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["\ud800 a"]}}""")]
    [InlineData("""{"\udc00":1,"model":{"type":"BPE","vocab":{"a":0},"merges":[5]}}""")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a"]],"unk_id":0}}""")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":7}}""")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":[{"id":0,"content":"b"}]}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"added_tokens":5}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"post_processor":{"type":"BertProcessing","sep":["x",9],"cls":["y",1]}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"!!"}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"normalizer":{"type":"Replace","pattern":{"Regex":"("},"content":""}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"pre_tokenizer":{"type":"Metaspace","replacement":"xx"}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"pre_tokenizer":{"type":"FixedLength","length":0}}""")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}},"pre_tokenizer":{"type":"Sequence","pretokenizers":{}}}""")]
    public void Broken_json_is_refused_in_words(string json)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromTokenizerJson(Encoding.UTF8.GetBytes(json)));
        Assert.Contains("tokenizer", e.Message + " tokenizer", StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"\n"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"x\ny"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"\u001b[31m\r\n"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"\u2028\n"}}""")]
    [InlineData("""{"model":{"type":"\n","vocab":{"a":0},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(\n"},"behavior":"Removed"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"\n"}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"\n"}}],"special_tokens":{}}}""")]
    [InlineData("{\"model\":nul\n\n{}}")]
    public void What_a_file_says_stands_on_one_line_of_the_message(string json)
    {
        Exception? error = Record.Exception(() => TokenizerFactory.FromTokenizerJson(Encoding.UTF8.GetBytes(json)));
        Assert.True(error is InvalidDataException or NotSupportedException, $"{error}");
        Assert.DoesNotContain(error!.Message, char.IsControl);
        foreach (GgufVocabulary vocabulary in (GgufVocabulary[])[SmallVocabularies.ByteLevel with { Pre = "\n\n" }, SmallVocabularies.ByteLevel with { Model = "\u001b\n" }])
            Assert.DoesNotContain(Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(vocabulary)).Message, char.IsControl);
    }

    [Fact]
    public void Json_nested_without_end_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 50_000));
        Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromTokenizerJson(Encoding.UTF8.GetBytes($$"""{"normalizer":{{deep}}""")));
    }

    [Fact]
    public void Any_damage_to_json_is_an_error_in_words_or_another_tokenizer()
    {
        byte[] good = JsonBuilder.File(JsonBuilder.BytePairs(["a", "b", "ab", "Ġ"], ["a b"], "\"unk_token\":\"a\","), """{"type":"NFC"}""",
            """{"type":"Split","pattern":{"Regex":"\\s+|\\p{L}+"},"behavior":"Isolated","invert":false}""", """{"type":"ByteLevel"}""", added: """[{"id":4,"content":"<s>","special":true}]""");
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 4].Sample(changes =>
        {
            byte[] bad = [.. good];
            foreach ((int at, byte value) in changes) bad[at] = value;
            try
            {
                Tokenizer tokenizer = TokenizerFactory.FromTokenizerJson(bad);
                tokenizer.Decode(tokenizer.Encode("ab a <s>"));
                tokenizer.ToGguf();
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
            }
        }, iter: 3000);
    }

    [Fact]
    public void Metadata_of_the_wrong_type_is_refused()
    {
        var values = Good.ToMetadata().ToDictionary(p => p.Key, p => p.Value);
        Assert.Equal(Good.Tokens.Count, GgufVocabulary.FromMetadata(values.GetValueOrDefault).Tokens.Count);
        foreach (string key in values.Keys)
        {
            foreach (object wrong in (object[])[5.5, "text", new object(), new[] { "a" }, true, new[] { 1.5f }])
            {
                try
                {
                    TokenizerFactory.FromGguf(GgufVocabulary.FromMetadata(k => k == key ? wrong : values.GetValueOrDefault(k)));
                }
                catch (Exception e) when (e is InvalidDataException or NotSupportedException)
                {
                }
            }
        }
        Assert.Null(GgufVocabulary.FromMetadata(k => k == "tokenizer.ggml.bos_token_id" ? uint.MaxValue : values.GetValueOrDefault(k)).BosId);
        Assert.Throws<InvalidDataException>(() => GgufVocabulary.FromMetadata(_ => null));
    }

    [Fact]
    public void Odd_text_is_spelled_like_any_other()
    {
        foreach (GgufVocabulary vocabulary in SmallVocabularies.All)
        {
            Tokenizer tokenizer = TokenizerFactory.FromGguf(vocabulary);
            foreach (string text in (string[])["\0", "a\0b", "\uD800", "x\uDC00y", "\uDC00\uD800", "\uFFFF", "\uFEFF", "\u202Eabc", new string('\u0301', 100)])
            {
                int[] ids = tokenizer.Encode(text);
                Assert.Equal(ids, tokenizer.Encode(text));
                Assert.DoesNotContain('\uD800', tokenizer.Decode(ids));
            }
        }
        Tokenizer bytes = TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel);
        Assert.Equal("x\uFFFDy\0", bytes.Decode(bytes.Encode("x\uDC00y\0", addSpecial: false)));
    }

    private static void Refused(GgufVocabulary vocabulary, string word)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromGguf(vocabulary));
        Assert.Contains(word, e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', e.Message);
    }
}
