using CsCheck;
using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

/// <summary>Every link against its twin, over random logits, sorted and not. Decisions closer than 1e-5 may fall either way.</summary>
public class SamplerTwinTests
{
    private const double Close = 1e-5;
    private const int Runs = 1000;

    private static void Check(float[] logits, bool sorted, Sampler sampler, (Twin[] Kept, double Margin) expected)
    {
        Candidates c = Support.Load(logits, sorted).Apply(sampler);
        Support.AssertOrder(c);
        Assert.All(c.Content(), x => Assert.Equal(logits[x.Id], x.Logit));
        if (expected.Margin > Close) Assert.Equal(Support.IdSet(expected.Kept), c.IdSet());
    }

    private static readonly Gen<(float[] Logits, bool Sorted, float P, int MinKeep)> Cases =
        Gen.Select(Support.Logits, Gen.Bool, Gen.Float[0f, 1f], Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 30])));

    [Fact]
    public void Top_k_keeps_the_k_best_in_order() => Gen.Select(Support.Logits, Gen.Int[1, 450], Gen.Bool).Sample((logits, k, sorted) =>
    {
        Candidates c = Support.Load(logits, sorted);
        c.KeepTop(k);
        Assert.True(c.Sorted);
        Assert.Equal(Twins.TopK(Twins.Of(logits), k).Select(t => (t.Id, (float)t.Logit)), c.Content());
    }, iter: Runs);

    [Fact]
    public void Top_p_keeps_the_nucleus() => Cases.Sample((l, sorted, p, keep)
        => Check(l, sorted, new TopPSampler(p, keep), Twins.TopP(Twins.Of(l), p, keep)), iter: Runs);

    [Fact]
    public void Min_p_keeps_what_is_likely_enough() => Cases.Sample((l, sorted, p, keep)
        => Check(l, sorted, new MinPSampler(p + 1e-4f, keep), Twins.MinP(Twins.Of(l), p + 1e-4f, keep)), iter: Runs);

    [Fact]
    public void Typical_p_keeps_what_surprises_as_much_as_expected() => Cases.Sample((l, sorted, p, keep)
        => Check(l, sorted, new TypicalPSampler(p, keep), Twins.TypicalP(Twins.Of(l), p, keep)), iter: Runs);

    [Fact]
    public void Top_n_sigma_keeps_what_is_near_the_best_logit() => Cases.Sample((l, sorted, p, _)
        => Check(l, sorted, new TopNSigmaSampler(3f * p + 0.001f), Twins.TopNSigma(Twins.Of(l), 3f * p + 0.001f)), iter: Runs);

    [Fact]
    public void Xtc_drops_the_top_choices_but_the_last() => Cases.Sample((l, sorted, p, keep)
        => Check(l, sorted, new XtcSampler(1f, p / 2, keep, new Xoshiro256(1)), Twins.Xtc(Twins.Of(l), p / 2, keep)), iter: Runs);

    [Fact]
    public void Dynamic_temperature_follows_the_entropy() => Gen.Select(Support.Logits, Gen.Bool, Gen.Float[0.1f, 3f], Gen.Float[0.01f, 2f], Gen.Float[0.2f, 3f])
        .Sample((logits, sorted, t, range, exponent) =>
        {
            Twin[] twins = Twins.Of(logits);
            Candidates c = Support.Load(logits, sorted).Apply(new TemperatureSampler(t, range, exponent));
            if (twins.Length < 2) return;
            double by = Twins.DynamicTemperature(twins, t, range, exponent);
            if (by < 1e-3) return; // next to nothing: rounding decides between greedy and all but greedy
            Dictionary<int, double> expected = twins.ToDictionary(x => x.Id, x => x.Logit / by);
            double shift = expected.Values.Max() - c.Logits.ToArray().Max(); // only differences count
            Assert.All(c.Content(), x => Assert.Equal(expected[x.Id] - shift, x.Logit, 1e-3 * (1 + Math.Abs(x.Logit))));
        }, iter: Runs);

    [Fact]
    public void Penalties_look_at_the_last_n_tokens_only()
    {
        var gen = Gen.Select(Support.Logits, Gen.Bool, Gen.Int[0, 11].Array[0, 60], Gen.Int[1, 40], Gen.Float[0.5f, 2f], Gen.Float[-2f, 2f].Array[2]);
        gen.Sample((logits, sorted, text, lastN, repeat, takeOff) =>
        {
            int size = logits.Length;
            text = [.. text.Select(t => t % size)];
            var sampler = new PenaltiesSampler(lastN, repeat, takeOff[0], takeOff[1], size);
            foreach (int token in text) sampler.Accept(token);
            Twin[] expected = Twins.Penalties(Twins.Of(logits), text, lastN, repeat, takeOff[0], takeOff[1]);
            for (int again = 0; again < 2; again++) // applying must leave the counts as they were
            {
                Candidates c = Support.Load(logits, sorted).Apply(sampler);
                if (sorted) Assert.True(c.Sorted);
                Compare(expected, c);
            }

            sampler.Reset();
            Compare(Twins.Of(logits), Support.Load(logits, sorted).Apply(sampler));
        }, iter: Runs);
    }

    [Fact]
    public void Dry_penalises_what_would_prolong_a_repetition()
    {
        var gen = Gen.Select(Support.Logits, Gen.Bool, Gen.Int[0, 3].Array[0, 60], Gen.Int[1, 50], Gen.Int[0, 4], Gen.Float[1f, 2f], Gen.Int[0, 5].Array[0, 2]);
        gen.Sample((logits, sorted, text, lastN, allowed, b, breakers) =>
        {
            int size = logits.Length;
            text = [.. text.Select(t => t % size)];
            var sampler = new DrySampler(0.8f, b, allowed, lastN, new DryBreakers(breakers.Select(t => new[] { t })), size);
            foreach (int token in text) sampler.Accept(token);
            Twin[] expected = Twins.Dry(Twins.Of(logits), text, lastN, 0.8f, b, allowed, breakers);
            for (int again = 0; again < 2; again++)
            {
                Candidates c = Support.Load(logits, sorted).Apply(sampler);
                if (sorted) Assert.True(c.Sorted);
                Compare(expected, c);
            }

            sampler.Reset();
            Compare(Twins.Of(logits), Support.Load(logits, sorted).Apply(sampler));
        }, iter: Runs);
    }

    private static void Compare(Twin[] expected, Candidates c)
    {
        Dictionary<int, float> actual = c.Content().ToDictionary(x => x.Id, x => x.Logit);
        Assert.Equal(expected.Length, actual.Count);
        foreach (Twin t in expected)
        {
            // −1e9 and the like differ in the last bits of a float.
            Assert.Equal(t.Logit, actual[t.Id], 1e-4 * (1 + Math.Abs(t.Logit)));
        }
    }
}
