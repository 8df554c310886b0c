using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

public class CandidatesTests
{
    private static float[] Random(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (float)(random.NextDouble() * 20 - 15))];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(257)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(262_144)]
    public void The_best_k_of_a_huge_vocabulary_are_the_same_as_by_sorting(int k)
    {
        float[] logits = Random(262_144, k);
        Candidates c = Support.Load(logits);
        c.KeepTop(k);
        Assert.Equal(Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(k), c.Ids.ToArray());
        Support.AssertOrder(c);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(9001)]
    public void Equal_logits_are_in_order_of_their_ids(int n)
    {
        float[] logits = new float[n];
        for (int i = 0; i < n; i += 2) logits[i] = -0f; // equal to 0
        foreach (int k in new[] { 1, n / 2, n })
        {
            Candidates c = Support.Load(logits);
            c.KeepTop(k);
            Assert.Equal(Enumerable.Range(0, k), c.Ids.ToArray());
        }
    }

    [Fact]
    public void Ascending_logits_the_worst_case_for_a_heap_come_out_right()
    {
        float[] logits = [.. Enumerable.Range(0, 100_000).Select(i => i * 0.001f)];
        Candidates c = Support.Load(logits);
        c.KeepTop(1000);
        Assert.Equal(Enumerable.Range(99_000, 1000).Reverse(), c.Ids.ToArray());
    }

    [Fact]
    public void Masked_tokens_are_no_candidates()
    {
        Candidates c = Support.Load([float.NegativeInfinity, 1f, float.NegativeInfinity, 2f, float.NegativeInfinity]);
        Assert.Equal([1, 3], c.Ids.ToArray());
        Assert.Equal([1f, 2f], c.Logits.ToArray());
        Assert.False(c.IsWhole);
    }

    [Fact]
    public void No_candidate_at_all_is_a_clear_error()
    {
        var e = Assert.Throws<ArgumentException>(() => Support.Load([float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity]));
        Assert.Contains("no token is left", e.Message);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "+∞")]
    public void A_logit_that_is_no_number_is_a_clear_error(float bad, string name)
    {
        for (int n = 1; n < 20; n++)
        {
            float[] logits = new float[n];
            logits[^1] = bad;
            var e = Assert.Throws<InvalidDataException>(() => Support.Load(logits));
            Assert.Contains($"token {n - 1} is {name}", e.Message);
        }
    }

    [Fact]
    public void Softmax_and_entropy_agree_with_doubles_for_every_tail_length()
    {
        for (int n = 1; n < 40; n++)
        {
            float[] logits = Random(n, n);
            Candidates c = Support.Load(logits);
            c.Softmax();
            Twin[] twins = Twins.Of(logits);
            double[] expected = Twins.Softmax(twins);
            for (int i = 0; i < n; i++)
            {
                Assert.Equal(expected[i], c.Probabilities[i], 1e-6);
                Assert.Equal(-Math.Log(expected[i]), c.Surprise(i), 1e-5);
            }

            Assert.Equal(Twins.Entropy(twins), c.Entropy(), 1e-5);
        }
    }
}
