using System.Text;
using CsCheck;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>The fast models against slow twins that follow the definitions word by word.</summary>
public class MergeTests
{
    private static readonly Gen<string> Word = Gen.Char["abc"].Array[0, 60].Select(c => new string(c));

    [Fact]
    public void Byte_pairs_join_as_the_definition_says()
        => Gen.Select(Gen.Select(Gen.Char["abc"].Array[1, 3], Gen.Char["abc"].Array[1, 3]).Array[0, 25], Word).Sample((pairs, word) =>
        {
            var merges = pairs.Select(p => (Left: new string(p.Item1), Right: new string(p.Item2))).ToArray();
            string[] tokens = [.. merges.SelectMany(m => (string[])[m.Left, m.Right, m.Left + m.Right]).Concat(["a", "b", "c"]).Distinct()];
            var vocabulary = Vocabulary(tokens, null);
            var model = new BytePairModel(vocabulary, merges, new BytePairOptions(), strict: false);
            Assert.Equal(SlowPairs(merges, word).Select(t => Array.IndexOf(tokens, t)), Encode(model, word));
        }, iter: 2000);

    /// <summary>Joins the leftmost pair of the lowest rank until none is left; of equal merges the first counts.</summary>
    private static List<string> SlowPairs((string Left, string Right)[] merges, string word)
    {
        List<string> parts = [.. word.Select(c => c.ToString())];
        while (true)
        {
            int best = -1, rank = int.MaxValue;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int r = Array.IndexOf(merges, (parts[i], parts[i + 1]));
                if (r >= 0 && r < rank) (best, rank) = (i, r);
            }
            if (best < 0) return parts;
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    [Fact]
    public void SentencePiece_joins_as_the_definition_says()
        => Gen.Select(Gen.Select(Gen.Char["ab▁"].Array[2, 5], Gen.Int[-6, 0]).Array[0, 25], Gen.Char["ab▁"].Array[0, 60].Select(c => new string(c))).Sample((pieces, word) =>
        {
            var scored = pieces.Select(p => (Text: new string(p.Item1), Score: (float)p.Item2)).Concat([("a", -9f), ("b", -9f), ("▁", -9f)]).DistinctBy(p => p.Item1).ToArray();
            string[] tokens = [.. scored.Select(p => p.Item1)];
            var model = new SentencePieceBpeModel(Vocabulary(tokens, [.. scored.Select(p => p.Item2)]), -1, original: false);
            Assert.Equal(SlowScores(scored, word).Select(t => Array.IndexOf(tokens, t)), Encode(model, word));
        }, iter: 2000);

    [Fact]
    public void Words_taken_one_by_one_are_those_of_the_whole_text()
        => Gen.Select(Gen.Select(Gen.Char["ab"].Array[1, 4], Gen.Bool, Gen.Int[-6, 0]).Array[0, 25], Gen.Char["ab▁"].Array[0, 60].Select(c => new string(c))).Sample((pieces, word) =>
        {
            // A mark only at the front of a token: the model may cut at every word.
            var scored = pieces.Select(p => (Text: (p.Item2 ? "▁" : "") + new string(p.Item1), Score: (float)p.Item3)).Concat([("a", -9f), ("b", -9f), ("▁", -9f), ("▁▁", -3f)]).DistinctBy(p => p.Item1).ToArray();
            string[] tokens = [.. scored.Select(p => p.Item1)];
            var model = new SentencePieceBpeModel(Vocabulary(tokens, [.. scored.Select(p => p.Item2)]), -1, original: false);
            Assert.Equal(SlowScores(scored, word).Select(t => Array.IndexOf(tokens, t)), Encode(model, word));
        }, iter: 2000);

    private static List<string> SlowScores((string Text, float Score)[] tokens, string word)
    {
        List<string> parts = [.. word.Select(c => c.ToString())];
        while (true)
        {
            int best = -1;
            float score = float.NegativeInfinity;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int token = Array.FindIndex(tokens, t => t.Text == parts[i] + parts[i + 1]);
                if (token >= 0 && tokens[token].Score > score) (best, score) = (i, tokens[token].Score);
            }
            if (best < 0) return parts;
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    [Fact]
    public void Unigram_finds_the_best_of_all_spellings()
        => Gen.Select(Gen.Select(Gen.Char["abc"].Array[1, 4], Gen.Double[-10, -1]).Array[1, 12], Gen.Char["abc"].Array[1, 9]).Sample((pieces, letters) =>
        {
            var scored = pieces.Select(p => (Text: new string(p.Item1), Score: p.Item2)).DistinctBy(p => p.Text).ToArray();
            string[] tokens = ["<unk>", .. scored.Select(p => p.Text)];
            double[] scores = [0, .. scored.Select(p => p.Score)];
            double unknown = scores.Skip(1).Min() - 10;
            var model = new UnigramModel(Vocabulary(tokens, [.. scores.Select(s => (float)s)], unknown: 0), scores, 0, byteFallback: false, everyToken: false);
            string word = new(letters);
            double got = 0;
            int at = 0;
            foreach (int id in Encode(model, word))
            {
                if (id > 0)
                {
                    Assert.Equal(tokens[id], word.Substring(at, tokens[id].Length));
                    at += tokens[id].Length;
                    got += scores[id];
                    continue;
                }
                // A run of unknown characters is one token; how long it is follows from what comes next, so only its least cost is known here.
                return;
            }
            Assert.Equal(word.Length, at);
            Assert.Equal(Best(word), got, 9);

            double Best(string rest)
            {
                if (rest.Length == 0) return 0;
                double best = double.NegativeInfinity;
                for (int length = 1; length <= rest.Length; length++)
                {
                    int id = Array.IndexOf(tokens, rest[..length]);
                    if (id > 0) best = Math.Max(best, scores[id] + Best(rest[length..]));
                    else if (length == 1) best = Math.Max(best, unknown + Best(rest[1..]));
                }
                return best;
            }
        }, iter: 2000);

    [Fact]
    public void Merges_may_pass_through_spellings_that_are_no_tokens_where_the_file_is_gguf()
    {
        // "ab" is no token: it joins with "c" all the same, and falls apart where it is left alone.
        var model = new BytePairModel(Vocabulary(["a", "b", "c", "abc"], null), [("a", "b"), ("ab", "c")], new BytePairOptions(), strict: false);
        Assert.Equal([3], Encode(model, "abc"));
        Assert.Equal([0, 1], Encode(model, "ab"));
    }

    [Fact]
    public void A_tie_prefers_what_stands_left()
    {
        var model = new BytePairModel(Vocabulary(["a", "aa"], null), [("a", "a")], new BytePairOptions(), strict: true);
        Assert.Equal([1, 1, 0], Encode(model, "aaaaa"));
        Assert.Equal(Enumerable.Repeat(1, 500).Append(0), Encode(model, new string('a', 1001)));
    }

    private static Vocabulary Vocabulary(string[] tokens, float[]? scores, int unknown = -1)
        => new([.. tokens.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))],
            [.. tokens.Select((_, id) => id == unknown ? TokenKind.Unknown : TokenKind.Normal)], scores);

    private static List<int> Encode(SubwordModel model, string word)
    {
        var ids = new List<int>();
        model.Encode(CodePoints.From(word), ids, new Workspace());
        return ids;
    }
}
