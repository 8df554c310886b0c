using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

/// <summary>What is drawn, counted: chi-square against the wanted distribution, seeds fixed so that a test never flickers.</summary>
public class DistributionTests
{
    private const int Draws = 60_000;

    // Wilson–Hilferty: the 99.9 % point of chi-square.
    private static double Limit(int freedom) => freedom * Math.Pow(1 - 2.0 / (9 * freedom) + 3.09 * Math.Sqrt(2.0 / (9 * freedom)), 3);

    private static double ChiSquare(int[] counts, double[] p)
        => counts.Zip(p).Where(x => x.Second > 0).Sum(x => Math.Pow(x.First - Draws * x.Second, 2) / (Draws * x.Second));

    private static int[] Count(SamplerOptions options, float[] logits)
    {
        SamplerChain chain = Support.Chain(options, logits.Length);
        int[] counts = new int[logits.Length];
        for (int i = 0; i < Draws; i++) counts[chain.Sample(logits)]++;
        return counts;
    }

    private static readonly SamplerOptions Plain = new() { Order = SamplerOrder.Parse("t"), Temperature = 1f };

    private static readonly float[] Logits = [.. Enumerable.Range(0, 20).Select(i => 2f * MathF.Sin(i * 1.7f))];

    private static double[] Softmax(float[] logits, double temperature)
        => Twins.Softmax([.. logits.Select((l, i) => new Twin(i, l / temperature))]);

    [Theory]
    [InlineData(1f, 1)]
    [InlineData(0.8f, 2)]
    [InlineData(1.7f, 3)]
    public void Tokens_are_drawn_by_their_softmax_probability(float temperature, int seed)
    {
        int[] counts = Count(Plain with { Seed = seed, Temperature = temperature }, Logits);
        Assert.InRange(ChiSquare(counts, Softmax(Logits, temperature)), 3, Limit(19));
    }

    [Fact]
    public void Equal_logits_are_drawn_equally_often()
    {
        int[] counts = Count(Plain with { Seed = 4 }, new float[16]);
        Assert.InRange(ChiSquare(counts, [.. Enumerable.Repeat(1 / 16.0, 16)]), 2, Limit(15));
    }

    [Fact]
    public void The_nucleus_is_drawn_by_its_own_proportions()
    {
        (Twin[] kept, _) = Twins.TopP(Twins.Of(Logits), 0.6, 0);
        double[] q = Twins.Softmax(kept), p = new double[20];
        for (int i = 0; i < kept.Length; i++) p[kept[i].Id] = q[i];
        int[] counts = Count(new SamplerOptions { Seed = 5, Order = SamplerOrder.Parse("top_p"), TopP = 0.6f }, Logits);
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(p[i] > 0, counts[i] > 0));
        Assert.InRange(ChiSquare(counts, p), 0.5, Limit(kept.Length - 1));
    }

    [Fact]
    public void Xtc_strikes_as_often_as_asked()
    {
        float[] logits = [MathF.Log(0.6f), MathF.Log(0.3f), MathF.Log(0.1f)];
        int[] counts = Count(new SamplerOptions { Seed = 6, Order = SamplerOrder.Parse("x"), XtcProbability = 0.25f, XtcThreshold = 0.2f }, logits);
        // One time in four the first is gone and the others share 3 : 1.
        double[] p = [0.75 * 0.6, 0.75 * 0.3 + 0.25 * 0.75, 0.75 * 0.1 + 0.25 * 0.25];
        Assert.InRange(ChiSquare(counts, p), 0, Limit(2));
    }

    [Theory]
    [InlineData(1, 3f)]
    [InlineData(1, 5f)]
    [InlineData(2, 3f)]
    [InlineData(2, 5f)]
    public void Mirostat_settles_at_the_wanted_surprise(int version, float tau)
    {
        // A Zipf distribution of 5,000 tokens holds about 9.2 bits.
        float[] logits = [.. Enumerable.Range(1, 5000).Select(i => -MathF.Log(i))];
        var random = new Xoshiro256(9);
        var surprises = new List<double>();
        Selector selector = version == 1 ? new MirostatSelector(tau, 0.1f, 5000, random) : new MirostatV2Selector(tau, 0.1f, random);
        for (int i = 0; i < 1500; i++)
        {
            Candidates c = Support.Load(logits);
            int id = selector.Select(c);
            int at = c.Ids.IndexOf(id);
            if (i >= 300) surprises.Add(c.Surprise(at) / Math.Log(2));
        }

        Assert.Equal(tau, surprises.Average(), 0.15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Mirostat_takes_any_number_of_candidates_and_ties(int version)
    {
        foreach (float[] logits in new float[][] { [1f], [1f, 1f], [0f, 0f, 0f, 0f], [3f, -1e30f], [1f, float.NegativeInfinity, 0f] })
        {
            SamplerChain chain = Support.Chain(new SamplerOptions { Seed = 1, Mirostat = version }, logits.Length);
            for (int i = 0; i < 200; i++) Assert.True(logits[chain.Sample(logits)] > -1e30f);
        }
    }

    [Theory]
    [InlineData(0.2f)]
    [InlineData(0.5f)]
    public void Adaptive_p_averages_the_wanted_probability(float target)
    {
        var options = new SamplerOptions { Seed = 8, Order = SamplerOrder.Parse("adaptive_p"), AdaptiveTarget = target };
        float[] logits = [.. new[] { 0.5f, 0.3f, 0.1f, 0.06f, 0.04f }.Select(p => MathF.Log(p))];
        SamplerChain chain = Support.Chain(options, 5);
        double sum = 0;
        for (int i = 0; i < 3000; i++)
        {
            int token = chain.Sample(logits);
            chain.Accept(token);
            sum += Math.Exp(logits[token]);
        }

        Assert.Equal(target, sum / 3000, 0.1);
    }
}
