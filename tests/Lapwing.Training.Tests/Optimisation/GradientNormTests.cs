namespace Lapwing.Training.Tests;

public sealed class GradientNormTests
{
    [Fact]
    public void The_norm_is_that_of_all_gradients_together()
    {
        using var a = new OwnedTensor("a", new float[5]);
        using var b = new OwnedTensor("b", new float[100]);
        a.Tensor.Gradient.Fill(2);
        b.Tensor.Gradient.Fill(0.4f);
        Assert.Equal(Math.Sqrt(5 * 4 + 100 * 0.16), GradientNorm.Of([a.Tensor, b.Tensor]), 1e-6);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(3.0)]
    [InlineData(0.0)]
    public void Clipping_scales_as_torch_does(double maximum)
    {
        using var a = new OwnedTensor("a", new float[2]);
        ((ReadOnlySpan<float>)[1.2f, -1.6f]).CopyTo(a.Tensor.Gradient);
        double norm = GradientNorm.Clip([a.Tensor], maximum);
        double factor = maximum == 0 ? 1 : Math.Min(1, maximum / (2 + 1e-6));
        Assert.Equal(2, norm, 1e-6);
        Assert.Equal(1.2 * factor, a.Tensor.Gradient[0], 1e-6);
        Assert.Equal(-1.6 * factor, a.Tensor.Gradient[1], 1e-6);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_no_number_shows_in_the_norm(float bad)
    {
        using var a = new OwnedTensor("a", new float[19]);
        a.Tensor.Gradient[7] = bad;
        Assert.False(double.IsFinite(GradientNorm.Clip([a.Tensor], 1)));
    }
}
