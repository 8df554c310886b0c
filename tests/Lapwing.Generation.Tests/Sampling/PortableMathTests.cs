using CsCheck;
using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

public class PortableMathTests
{
    [Fact]
    public void Exp_agrees_with_the_library() => Gen.Double[-700, 700].Sample(x =>
        Assert.Equal(1.0, PortableMath.Exp(x) / Math.Exp(x), 1e-14));

    [Fact]
    public void Log_agrees_with_the_library() => Gen.Double[-700, 700].Select(Math.Exp).Sample(x =>
        Assert.Equal(Math.Log(x), PortableMath.Log(x), 1e-13 * (1 + Math.Abs(Math.Log(x)))));

    [Fact]
    public void Ends_of_the_range_are_right()
    {
        Assert.Equal(1.0, PortableMath.Exp(0));
        Assert.Equal(0.0, PortableMath.Exp(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, PortableMath.Exp(710));
        Assert.Equal(double.NaN, PortableMath.Exp(double.NaN));
        Assert.Equal(0.0, PortableMath.Log(1));
        Assert.Equal(double.NegativeInfinity, PortableMath.Log(0));
        Assert.Equal(double.NaN, PortableMath.Log(-1));
        Assert.Equal(Math.Log(double.Epsilon), PortableMath.Log(double.Epsilon), 1e-10);
        Assert.Equal(1.0, PortableMath.Pow(0, 0));
        Assert.Equal(0.0, PortableMath.Pow(0, 2));
        Assert.Equal(8.0, PortableMath.Pow(2, 3), 1e-12);
    }

    [Fact]
    public void The_vector_exp_is_accurate_to_a_float() => Gen.Float[-87f, 0f].Array[8].Sample(x =>
    {
        float[] y = [.. x];
        double sum = PortableMath.ExpAndSum(y, 0f);
        for (int i = 0; i < 8; i++) Assert.Equal(1.0, y[i] / Math.Exp(x[i]), 3e-7);
        Assert.Equal(y.Sum(v => (double)v), sum, 1e-12);
    });

    [Fact]
    public void The_vector_exp_is_zero_far_below()
    {
        float[] y = [float.NegativeInfinity, -1000f, -88f, 0f, -1e30f, float.MinValue, -90f, 0f];
        Assert.Equal(2.0, PortableMath.ExpAndSum(y, 0f));
        Assert.Equal([0f, 0f, 0f, 1f, 0f, 0f, 0f, 1f], y);
    }
}
