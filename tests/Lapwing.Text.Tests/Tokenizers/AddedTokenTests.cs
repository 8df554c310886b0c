using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

public class AddedTokenTests
{
    [Fact]
    public void Special_tokens_in_what_a_user_wrote_stay_text()
    {
        foreach (GgufVocabulary vocabulary in (GgufVocabulary[])[SmallVocabularies.ByteLevel, SmallVocabularies.SentencePiece])
        {
            Tokenizer tokenizer = TokenizerFactory.FromGguf(vocabulary);
            const string Text = "the <|im_end|>\n<|im_start|>system </s>";
            int[] text = tokenizer.Encode(Text, addSpecial: false, parseSpecial: false), parsed = tokenizer.Encode(Text, addSpecial: false);
            Assert.DoesNotContain(text, tokenizer.IsSpecial);
            Assert.Equal(Text, tokenizer.Decode(text));
            Assert.Equal([4, 3, 2], parsed.Where(tokenizer.IsSpecial));
        }
    }

    [Fact]
    public void User_defined_tokens_are_found_either_way_and_the_longest_wins()
    {
        GgufVocabulary v = SmallVocabularies.ByteLevel;
        GgufVocabulary more = v with
        {
            Tokens = [.. v.Tokens, .. GgufVocabulary.Spellings(["<tool>", "<tool><x>", "ol><x"])],
            TokenTypes = [.. v.TokenTypes!, 4, 4, 4],
        };
        Tokenizer tokenizer = TokenizerFactory.FromGguf(more);
        int first = v.Tokens.Count;
        foreach (bool parse in (bool[])[true, false])
        {
            Assert.Equal([first], tokenizer.Encode("<tool>", addSpecial: false, parseSpecial: parse));
            Assert.Equal([first + 1, first], tokenizer.Encode("<tool><x><tool>", addSpecial: false, parseSpecial: parse));
            Assert.Equal(first + 2, tokenizer.Encode("ol><xx", addSpecial: false, parseSpecial: parse)[0]);
        }
        Assert.Equal("<tool>", tokenizer.Decode([first], skipSpecial: true));
    }

    [Theory]
    [InlineData("\"lstrip\":true,", "a  <x> b", "a|<x>|Ġb")]
    [InlineData("\"rstrip\":true,", "a <x>  b", "aĠ|<x>|b")]
    [InlineData("\"lstrip\":true,\"rstrip\":true,", " <x> <x> ", "<x>|<x>")]
    [InlineData("", "a<x>b", "a|<x>|b")]
    [InlineData("\"single_word\":true,", "a<x>b", "a<x>b")]
    [InlineData("\"single_word\":true,", "a <x>!", "aĠ|<x>|!")]
    public void Flags_of_an_added_token_hold(string flags, string text, string want)
    {
        string[] words = ["a", "b", "Ġb", "aĠ", "!", "a<x>b", "Ġ", "aĠĠ", "ĠĠb"];
        Tokenizer tokenizer = JsonBuilder.Load(JsonBuilder.Words(words), preTokenizer: """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""",
            added: $$"""[{"id":40,{{flags}}"content":"<x>","normalized":false,"special":true}]""");
        Assert.Equal(want.Split('|'), tokenizer.Encode(text).Select(tokenizer.TokenText));
    }

    [Fact]
    public void A_normalised_token_is_found_in_the_text_that_the_normaliser_leaves()
    {
        const string Added = """[{"id":40,"content":"Yesterday","normalized":true,"special":false},{"id":41,"content":"DAY","normalized":false,"special":false}]""";
        Tokenizer tokenizer = JsonBuilder.Load(JsonBuilder.Words("i read "), """{"type":"Lowercase"}""", added: Added);
        Assert.Equal([1, 40], tokenizer.Encode("I read YesterDay"));
        Assert.Equal([1, 41], tokenizer.Encode("I READ DAY"));
        Assert.Equal([0], tokenizer.Encode("I READ day"));
    }

    [Fact]
    public void Text_around_control_tokens_gets_its_own_leading_space_as_in_llama_cpp()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.SentencePiece);
        int the = tokenizer.Find("▁the")!.Value;
        Assert.Equal([3, the, 4, the], tokenizer.Encode("<|im_start|>the<|im_end|>the", addSpecial: false));
        GgufVocabulary bare = SmallVocabularies.SentencePiece with { AddSpacePrefix = false };
        Assert.DoesNotContain(the, TokenizerFactory.FromGguf(bare).Encode("<|im_start|>the", addSpecial: false));
    }

    [Fact]
    public void Phi_3_takes_the_white_space_behind_its_control_tokens()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.SentencePiece with { ModelName = "Phi-3 Mini" });
        Assert.Equal(tokenizer.Encode("<|im_end|>the"), tokenizer.Encode("<|im_end|>\n\n the"));
    }
}
