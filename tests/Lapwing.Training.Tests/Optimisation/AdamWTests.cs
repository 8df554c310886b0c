namespace Lapwing.Training.Tests;

public sealed class AdamWTests
{
    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(3, 0.1)]
    [InlineData(67, 0.01)]
    [InlineData(256, 0.5)]
    public void A_run_of_steps_equals_the_formula_in_float64(int length, double decay)
    {
        var random = new SeededRandom(1, "adamw test");
        float[] start = [.. Enumerable.Range(0, length).Select(_ => random.NextGaussian())];
        using var owned = new OwnedTensor("w", start);
        using var optimiser = new AdamW([owned.Tensor], new() { WeightDecay = decay });
        double[] value = [.. start.Select(v => (double)v)], m = new double[length], s = new double[length];
        for (int step = 1; step <= 20; step++)
        {
            double rate = 0.01 / step;
            for (int i = 0; i < length; i++)
            {
                float g = owned.Tensor.Gradient[i] = random.NextGaussian() * (i % 5 == 0 ? 1e-6f : 1);
                value[i] *= 1 - rate * decay;
                m[i] = 0.9 * m[i] + 0.1 * g;
                s[i] = 0.999 * s[i] + 0.001 * (double)g * g;
                value[i] -= rate * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(s[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }

            optimiser.Step(rate);
        }

        for (int i = 0; i < length; i++) Assert.Equal(value[i], owned.Tensor.Value[i], 2e-6);
        Assert.Equal(20, optimiser.Steps);
    }

    // torch.optim.AdamW([1, -2, 3]), lr 0.1, weight_decay 0.01, gradients [1, 1, 1] then [0.5, -1, 0]: PyTorch's published update, by hand.
    [Fact]
    public void The_first_step_moves_by_the_rate_whatever_the_gradient()
    {
        using var owned = new OwnedTensor("w", [1, -2, 3]);
        using var optimiser = new AdamW([owned.Tensor], new());
        ((ReadOnlySpan<float>)[1e-3f, -7, 100]).CopyTo(owned.Tensor.Gradient);
        optimiser.Step(0.1);
        Assert.Equal(0.9f, owned.Tensor.Value[0], 1e-5f);
        Assert.Equal(-1.9f, owned.Tensor.Value[1], 1e-5f);
        Assert.Equal(2.9f, owned.Tensor.Value[2], 1e-5f);
    }

    [Fact]
    public void Moments_and_steps_carried_over_go_on_bit_for_bit()
    {
        float[] start = [.. Enumerable.Range(0, 37).Select(i => i * 0.1f)];
        using var whole = new OwnedTensor("w", start);
        using var half = new OwnedTensor("w", start);
        using var a = new AdamW([whole.Tensor], new());
        using var b = new AdamW([half.Tensor], new());
        Run(whole, a, 0, 10);
        Run(half, b, 0, 5);
        using var c = new AdamW([half.Tensor], new()) { Steps = b.Steps };
        b.FirstMoment(0).CopyTo(c.FirstMoment(0));
        b.SecondMoment(0).CopyTo(c.SecondMoment(0));
        Run(half, c, 5, 10);
        Assert.True(whole.Tensor.Value.SequenceEqual(half.Tensor.Value));

        static void Run(OwnedTensor tensor, AdamW optimiser, int from, int to)
        {
            for (int s = from; s < to; s++)
            {
                for (int i = 0; i < 37; i++) tensor.Tensor.Gradient[i] = MathF.Sin(i + s);
                optimiser.Step(1e-2);
            }
        }
    }

    [Fact]
    public void Impossible_options_are_named()
    {
        Assert.Contains("beta1", Assert.Throws<ArgumentException>(() => new AdamW([], new() { Beta1 = 1 })).Message);
        Assert.Contains("--weight-decay", Assert.Throws<ArgumentException>(() => new AdamW([], new() { WeightDecay = double.NaN })).Message);
    }
}
