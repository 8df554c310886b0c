using System.Text;
using CsCheck;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

public class DecodingTests
{
    private static readonly string[] Parts = ["a", "the", " ", "  ", "\n", "Ä", "你好", "😀", "👩‍👩‍👧", "e\u0301", "\u0000", "1234", ".", " .", "'s", "<s>", "<|im_end|>", "<0x41>", "▁", "Ġ", "\t"];

    private static readonly Gen<string> Text = Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]).Array[0, 20].Select(string.Concat);

    [Fact]
    public void Byte_level_text_comes_back_exactly()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel);
        Text.Sample(text =>
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false)));
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false, parseSpecial: false)));
        });
    }

    [Fact]
    public void SentencePiece_text_comes_back_but_for_its_own_mark()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.SentencePiece);
        Text.Sample(text => Assert.Equal(text.Replace('▁', ' '), tokenizer.Decode(tokenizer.Encode(text, addSpecial: false, parseSpecial: false))));
        Tokenizer gemma = TokenizerFactory.FromGguf(SmallVocabularies.Gemma4);
        Text.Sample(text => Assert.Equal(text.Replace('▁', ' '), gemma.Decode(gemma.Encode(text, addSpecial: false, parseSpecial: false))));
    }

    [Fact]
    public void A_stream_yields_whole_characters_that_add_up_to_the_text()
    {
        foreach (GgufVocabulary vocabulary in SmallVocabularies.All)
        {
            Tokenizer tokenizer = TokenizerFactory.FromGguf(vocabulary);
            Gen.Int[0, tokenizer.VocabularySize - 1].Array[0, 40].Sample(ids =>
            {
                StreamingDecoder decoder = tokenizer.CreateDecoder(continuation: true, skipSpecial: false);
                List<string> parts = [.. ids.Select(decoder.Next)];
                parts.Add(decoder.Flush());
                byte[] bytes = [.. ids.SelectMany(id => tokenizer.TokenBytes(id).ToArray())];
                Assert.Equal(Encoding.UTF8.GetString(bytes), string.Concat(parts));
                foreach (string part in parts)
                    Assert.False(part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])));
            }, iter: 300);
        }
    }

    [Fact]
    public void A_character_split_over_tokens_waits_until_it_is_whole()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.SentencePiece);
        int[] emoji = [.. "😀"u8.ToArray().Select(b => tokenizer.Find($"<0x{b:X2}>")!.Value)];
        StreamingDecoder decoder = tokenizer.CreateDecoder();
        Assert.Equal(["", "", "", "😀"], emoji.Select(decoder.Next));
        Assert.Equal("", decoder.Flush());

        Assert.Equal("", decoder.Next(emoji[0]));
        Assert.Equal("", decoder.Next(emoji[1]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal(["", "", "", "😀"], emoji.Select(decoder.Next));

        // What cannot go on as begun is replaced at once, and what follows is not lost.
        Assert.Equal("", decoder.Next(emoji[0]));
        Assert.Equal("\uFFFDA", decoder.Next(tokenizer.Find("<0x41>")!.Value));
    }

    [Fact]
    public void The_leading_space_goes_at_the_start_of_a_text_and_stays_where_it_goes_on()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.SentencePiece);
        int[] ids = tokenizer.Encode("the other", addSpecial: true);
        Assert.Equal("the other", tokenizer.Decode(ids, skipSpecial: true));
        Assert.Equal(" the other", string.Concat(ids.Skip(1).Select(tokenizer.CreateDecoder().Next)));
        Assert.Equal("the other", string.Concat(ids.Select(tokenizer.CreateDecoder(continuation: false).Next)));
        Assert.Equal(" the", tokenizer.Decode(tokenizer.Encode(" the", addSpecial: false)));
    }

    [Fact]
    public void Special_tokens_show_only_where_asked_for()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel);
        int[] ids = tokenizer.Encode("<|im_start|>the<|im_end|>");
        Assert.Equal("<s><|im_start|>the<|im_end|>", tokenizer.Decode(ids));
        Assert.Equal("the", tokenizer.Decode(ids, skipSpecial: true));
        Assert.Equal("the", string.Concat(ids.Select(tokenizer.CreateDecoder().Next)));
    }

    [Fact]
    public void Clean_up_happens_only_where_asked_for()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel);
        int[] ids = tokenizer.Encode("it 's , what they 've said !", addSpecial: false);
        Assert.Equal("it 's , what they 've said !", tokenizer.Decode(ids));
        Assert.Equal("it's, what they've said!", tokenizer.Decode(ids, cleanUp: true));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_refused()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(SmallVocabularies.ByteLevel);
        foreach (int id in (int[])[-1, tokenizer.VocabularySize, int.MaxValue, int.MinValue])
        {
            Assert.Contains("vocabulary", Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([id])).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenText(id));
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Kind(id));
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.CreateDecoder().Next(id));
        }
    }
}
