using System.Text;
using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

public class DryBreakerTests
{
    // 0 "a", 1 "b", 2 "\n", 3 "a\n", 4 "\nb", 5 "ab", 6 "é" (two bytes), 7 the first byte of it
    private static readonly byte[][] Words =
        ["a"u8.ToArray(), "b"u8.ToArray(), "\n"u8.ToArray(), "a\n"u8.ToArray(), "\nb"u8.ToArray(), "ab"u8.ToArray(), "é"u8.ToArray(), [0xC3]];

    private static readonly SamplerVocabulary Vocabulary = new(Words.Length, 64, i => Words[i], Tokenize);

    private static int[] Tokenize(string text) => [.. text.Select(c => Array.FindIndex(Words, w => Encoding.UTF8.GetString(w) == c.ToString()))];

    private static int Length(DryBreakers breakers, params int[] text)
    {
        var ring = new TokenRing(64);
        foreach (int token in text) ring.Push(token);
        return breakers.LengthSinceLast(ring);
    }

    [Fact]
    public void A_string_breaks_wherever_it_stands_inside_a_token()
    {
        var breakers = new DryBreakers(["\n"], Vocabulary);
        Assert.Equal([2, 3, 4], Enumerable.Range(0, 8).Where(breakers.IsSingle));
        Assert.Equal(3, Length(breakers, 0, 1, 0));
        Assert.Equal(1, Length(breakers, 0, 3, 0));
        Assert.Equal(0, Length(breakers, 0, 4));
    }

    [Fact]
    public void A_string_over_several_tokens_breaks_after_its_last()
    {
        var breakers = new DryBreakers(["ab\n"], Vocabulary);
        Assert.DoesNotContain(true, Enumerable.Range(0, 8).Select(breakers.IsSingle));
        Assert.Equal(2, Length(breakers, 0, 1, 2, 0, 1)); // a b \n | a b
        Assert.Equal(1, Length(breakers, 0, 5, 2, 1)); // a ab \n | b
        Assert.Equal(4, Length(breakers, 0, 1, 0, 2)); // a b a \n: none
        Assert.Equal(2, Length(breakers, 0, 1)); // not finished
    }

    [Fact]
    public void A_character_in_several_bytes_breaks_as_a_whole()
    {
        var breakers = new DryBreakers(["é"], Vocabulary);
        Assert.True(breakers.IsSingle(6));
        Assert.False(breakers.IsSingle(7));
    }

    [Fact]
    public void Without_breakers_the_whole_text_counts() => Assert.Equal(3, Length(new DryBreakers(), 1, 2, 3));
}
