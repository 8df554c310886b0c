using System.Text;
using CsCheck;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

public class TrainerTests
{
    [Fact]
    public void The_same_text_gives_the_same_vocabulary()
    {
        foreach (BytePairStyle style in Enum.GetValues<BytePairStyle>())
        {
            var options = new BytePairTrainerOptions { VocabularySize = 400, Style = style };
            string[] texts = [.. Enumerable.Range(0, 50).Select(i => $"story {i}: the cat sat on the mat, and then the other cat sat there too. {i * 7919}")];
            GgufVocabulary a = BytePairTrainer.Train(texts, options), b = BytePairTrainer.Train(texts.Reverse(), options);
            Assert.Equal(a.Tokens.Select(t => t.ToArray()), b.Tokens.Select(t => t.ToArray()));
            Assert.Equal(a.Merges, b.Merges);
            Assert.Equal(a.Scores, b.Scores);
        }
    }

    [Fact]
    public void The_most_frequent_pairs_become_tokens_and_are_used()
    {
        GgufVocabulary v = BytePairTrainer.Train(["aaabdaaabac"], new BytePairTrainerOptions { VocabularySize = 3 + 256 + 2, Style = BytePairStyle.ByteLevel });
        // The example of Wikipedia's article: aa first, then the tie of aa+a and a+b goes to the tokens that came first.
        Assert.Equal("a a", v.Merges![0]);
        Assert.Equal(2, v.Merges.Count);
        Tokenizer tokenizer = TokenizerFactory.FromGguf(v);
        Assert.True(tokenizer.Encode("aaabdaaabac", addSpecial: false).Length < 8);
    }

    [Fact]
    public void Learning_agrees_with_the_plain_definition()
        => Gen.Char["abcd"].Array[1, 8].Select(c => new string(c)).Array[1, 12].Sample(words =>
        {
            var options = new BytePairTrainerOptions { VocabularySize = 3 + 256 + 6, Style = BytePairStyle.ByteLevel, Pre = "gpt-2", SpecialTokens = ["<unk>", "<s>", "</s>"] };
            Assert.Equal(SlowMerges(words, 6), BytePairTrainer.Train(words, options).Merges);
        }, iter: 500);

    /// <summary>Counts all pairs anew before each join; ties go to the lower ids of left and right.</summary>
    private static List<string> SlowMerges(string[] words, int count)
    {
        List<string> tokens = ["a", "b", "c", "d"];
        List<List<string>> parts = [.. words.Select(w => w.Select(c => c.ToString()).ToList())];
        var merges = new List<string>();
        var dead = new HashSet<(string, string)>();
        while (merges.Count < count)
        {
            var counts = new Dictionary<(string, string), int>();
            foreach (List<string> word in parts)
                for (int i = 0; i + 1 < word.Count; i++) counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
            var best = counts.Where(c => c.Value >= 2 && !dead.Contains(c.Key)).OrderByDescending(c => c.Value).ThenBy(c => tokens.IndexOf(c.Key.Item1)).ThenBy(c => tokens.IndexOf(c.Key.Item2)).ToList();
            if (best.Count == 0) break;
            (string left, string right) = best[0].Key;
            if (tokens.Contains(left + right))
            {
                dead.Add((left, right));
                continue;
            }
            tokens.Add(left + right);
            merges.Add($"{left} {right}");
            foreach (List<string> word in parts)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != left || word[i + 1] != right) continue;
                    word[i] += right;
                    word.RemoveAt(i + 1);
                }
            }
        }
        return merges;
    }

    [Fact]
    public void Any_text_can_be_spelled_and_read_back()
    {
        foreach (GgufVocabulary vocabulary in (GgufVocabulary[])[SmallVocabularies.ByteLevel, SmallVocabularies.SentencePiece])
        {
            Tokenizer tokenizer = TokenizerFactory.FromGguf(vocabulary);
            Gen.Int[0, 0x10FFFF].Where(c => c is (< 0xD800 or > 0xDFFF) and not 0x2581).Array[0, 30].Sample(points =>
            {
                string text = CodePoints.ToText(points);
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false, parseSpecial: false)));
            }, iter: 300);
        }
    }

    [Fact]
    public void Tokens_stay_inside_words_and_within_their_length()
    {
        Tokenizer tokenizer = TokenizerFactory.FromGguf(BytePairTrainer.Train(Enumerable.Repeat("incomprehensibilities of the counterrevolutionaries", 50),
            new BytePairTrainerOptions { VocabularySize = 360, MaximumTokenLength = 8 }));
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (tokenizer.Kind(id) != TokenKind.Normal) continue;
            string text = tokenizer.TokenText(id);
            Assert.True(text.Length <= 8, text);
            Assert.True(text.LastIndexOf('▁') <= 0, text);
        }
    }

    [Fact]
    public void Impossible_wishes_are_refused_in_words()
    {
        Assert.Contains("room", Assert.Throws<ArgumentException>(() => BytePairTrainer.Train(["abc"], new BytePairTrainerOptions { VocabularySize = 100 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BytePairTrainer.Train(["abc"], new BytePairTrainerOptions { VocabularySize = 500, SpecialTokens = ["<s>", "<s>"] }));
        Assert.Throws<NotSupportedException>(() => BytePairTrainer.Train(["abc"], new BytePairTrainerOptions { VocabularySize = 500, Style = BytePairStyle.ByteLevel, Pre = "made-up" }));
        // A corpus that runs out of pairs gives what it has.
        Assert.True(BytePairTrainer.Train(["abc"], new BytePairTrainerOptions { VocabularySize = 500 }).Tokens.Count < 500);
        Assert.True(BytePairTrainer.Train([], new BytePairTrainerOptions { VocabularySize = 500 }).Tokens.Count >= 259);
    }

    [Fact]
    public void A_vocabulary_learned_from_stories_spells_them_in_few_tokens()
    {
        string text = File.ReadAllText(SharedFolder.Path("data/tinystories/TinyStories-train.first2MiB.txt"));
        GgufVocabulary v = BytePairTrainer.Train(text[..1_000_000].Split("<|endoftext|>"), new BytePairTrainerOptions { VocabularySize = 2048 });
        Assert.Equal(2048, v.Tokens.Count);
        Tokenizer tokenizer = TokenizerFactory.FromGguf(v);
        string unseen = text[1_500_000..1_600_000];
        int[] ids = tokenizer.Encode(unseen);
        Assert.InRange(Encoding.UTF8.GetByteCount(unseen) / (double)ids.Length, 3.3, 5);
        Assert.Equal(unseen, tokenizer.Decode(ids, skipSpecial: true));
    }
}
