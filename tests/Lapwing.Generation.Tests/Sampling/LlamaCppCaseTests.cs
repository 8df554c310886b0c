using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

/// <summary>The cases of llama.cpp's own tests/test-sampling.cpp: probabilities in, probabilities out.</summary>
public class LlamaCppCaseTests
{
    private static readonly float[] Four = [0.1f, 0.2f, 0.3f, 0.4f], Five = [0.2f, 0.2f, 0.2f, 0.2f, 0.2f], Falling = [0.4f, 0.3f, 0.2f, 0.1f];

    // Expected by id; a token that was dropped has probability 0.
    private static void Check(float[] given, Sampler sampler, params float[] expected)
    {
        Candidates c = Support.LoadProbabilities(given).Apply(sampler);
        c.Softmax();
        float[] actual = new float[given.Length];
        for (int i = 0; i < c.Count; i++) actual[c.Ids[i]] = c.Probabilities[i];
        for (int i = 0; i < given.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f);
    }

    [Fact]
    public void Temperature()
    {
        Check(Four, new TemperatureSampler(1f, 0f, 1f), Four);
        Check(Four, new TemperatureSampler(0f, 0f, 1f), 0, 0, 0, 1);
    }

    [Fact]
    public void Top_k()
    {
        Check(Four, new TopKSampler(1), 0, 0, 0, 1);
        Check(Four, new TopKSampler(3), 0, 0.22222f, 0.33333f, 0.44444f);
        Check(Four, new TopKSampler(4), Four);
    }

    [Fact]
    public void Top_p()
    {
        Check(Four, new TopPSampler(0f, 0), 0, 0, 0, 1);
        Check(Four, new TopPSampler(0.7f, 0), 0, 0, 0.428571f, 0.571429f);
        Check(Four, new TopPSampler(0.8f, 0), 0, 0.22222f, 0.33333f, 0.44444f);
    }

    [Theory]
    [InlineData(0.24f, 4)]
    [InlineData(0.26f, 3)]
    [InlineData(0.49f, 3)]
    [InlineData(0.51f, 2)]
    [InlineData(0.74f, 2)]
    [InlineData(0.76f, 1)]
    [InlineData(1.00f, 1)]
    [InlineData(1.05f, 1)]
    public void Min_p(float p, int kept)
    {
        float sum = Four[^kept..].Sum();
        Check(Four, new MinPSampler(p, 0), [.. Four.Select((x, i) => i >= 4 - kept ? x / sum : 0f)]);
    }

    [Theory]
    [InlineData(0.09f, 3)]
    [InlineData(0.19f, 2)]
    [InlineData(0.29f, 1)]
    [InlineData(0.39f, 0)]
    public void Xtc(float threshold, int dropped)
    {
        float sum = Falling[dropped..].Sum();
        Check(Falling, new XtcSampler(1f, threshold, 0, new Xoshiro256(0)), [.. Falling.Select((x, i) => i >= dropped ? x / sum : 0f)]);
    }

    [Fact]
    public void Typical_p()
    {
        Check([0.97f, 0.01f, 0.01f, 0.01f], new TypicalPSampler(0.5f, 0), 1, 0, 0, 0);
        Check([0.4f, 0.2f, 0.2f, 0.2f], new TypicalPSampler(0.5f, 0), 0, 0.33333f, 0.33333f, 0.33333f);
    }

    [Theory]
    [InlineData(new[] { 0 }, 50f, 0f, 0f, new[] { 0f, 0.25f, 0.25f, 0.25f, 0.25f })]
    [InlineData(new[] { 0, 1, 2 }, 50f, 0f, 0f, new[] { 0f, 0f, 0f, 0.5f, 0.5f })]
    [InlineData(new[] { 0, 1, 2, 0, 0 }, 50f, 0f, 0f, new[] { 0f, 0f, 0f, 0.5f, 0.5f })]
    [InlineData(new[] { 0 }, 1f, 5f, 5f, new[] { 0.000011f, 0.249997f, 0.249997f, 0.249997f, 0.249997f })]
    [InlineData(new[] { 0, 1, 2 }, 1f, 5f, 5f, new[] { 0.000023f, 0.000023f, 0.000023f, 0.499966f, 0.499966f })]
    [InlineData(new[] { 0, 1, 2, 0, 0 }, 1f, 5f, 5f, new[] { 0.000000f, 0.000023f, 0.000023f, 0.499977f, 0.499977f })]
    public void Penalties(int[] text, float repeat, float frequency, float presence, float[] expected)
    {
        var sampler = new PenaltiesSampler(text.Length, repeat, frequency, presence, 5);
        foreach (int token in text) sampler.Accept(token);
        Check(Five, sampler, expected);
    }

    [Theory]
    [InlineData(4, new[] { 0, 1 }, 1f, 2, 4, -1, new[] { 0.25f, 0.25f, 0.25f, 0.25f })]
    [InlineData(4, new[] { 0, 1, 2, 0, 1 }, 1f, 2, 5, -1, new[] { 0.296923f, 0.296923f, 0.109232f, 0.296923f })]
    [InlineData(5, new[] { 0, 1, 3, 4, 0, 1 }, 1f, 2, 6, 3, new[] { 0.2f, 0.2f, 0.2f, 0.2f, 0.2f })]
    [InlineData(5, new[] { 0, 1, 2, 0, 1 }, 2f, 2, 5, -1, new[] { 0.241818f, 0.241818f, 0.032727f, 0.241818f, 0.241818f })]
    [InlineData(5, new[] { 0, 1, 2, 3, 4, 0, 1 }, 1f, 4, 7, -1, new[] { 0.2f, 0.2f, 0.2f, 0.2f, 0.2f })]
    public void Dry(int size, int[] text, float multiplier, int allowed, int lastN, int breaker, float[] expected)
    {
        var breakers = breaker < 0 ? new DryBreakers() : new DryBreakers([[breaker]]);
        var sampler = new DrySampler(multiplier, 1.1f, allowed, lastN, breakers, size);
        foreach (int token in text) sampler.Accept(token);
        Check([.. Enumerable.Repeat(1f / size, size)], sampler, expected);
    }

    [Fact]
    public void Top_n_sigma()
    {
        Check(Four, new TopNSigmaSampler(1f), 0, 0, 0.428571f, 0.571429f);
        Check(Four, new TopNSigmaSampler(3f), Four);
    }
}
