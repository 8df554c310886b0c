using System.Text.Json;
using Lapwing.Testing;

namespace Lapwing.Training.Tests;

public sealed class LearningRateTests
{
    [Theory]
    [InlineData("tiny-lora-all")]
    [InlineData("tiny-lora-clip-decay")]
    [InlineData("smollm2-lora-attention")]
    public void Rates_equal_those_of_the_reference_runs(string name)
    {
        using var steps = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Path($"models/peft-golden/{name}/steps.json")));
        var recipe = steps.RootElement.GetProperty("recipe");
        double[] expected = [.. steps.RootElement.GetProperty("lr").EnumerateArray().Select(v => v.GetDouble())];
        Assert.True(LearningRate.TryParseShape(recipe.GetProperty("schedule").GetString()!, out var shape));
        var schedule = new LearningRate(shape.Value, recipe.GetProperty("lr").GetDouble(), recipe.GetProperty("warmup_steps").GetInt32(), expected.Length);
        for (int s = 0; s < expected.Length; s++) Assert.Equal(expected[s], schedule.At(s), 1e-12);
    }

    [Theory]
    [InlineData(LearningRateShape.Constant, 1.0, 1.0)]
    [InlineData(LearningRateShape.Linear, 1.0, 0.5)]
    [InlineData(LearningRateShape.Cosine, 1.0, 0.5)]
    public void After_the_warm_up_the_shape_runs_from_the_peak(LearningRateShape shape, double first, double middle)
    {
        var schedule = new LearningRate(shape, 1, warmup: 4, steps: 24);
        Assert.Equal([0.25, 0.5, 0.75, 1.0], Enumerable.Range(0, 4).Select(schedule.At));
        Assert.Equal(first, schedule.At(4), 1e-12);
        Assert.Equal(middle, schedule.At(14), 1e-12);
    }

    [Fact]
    public void A_warm_up_longer_than_the_run_is_a_plain_ramp() => Assert.Equal(0.3, new LearningRate(LearningRateShape.Cosine, 1, 10, 3).At(2), 1e-12);

    [Fact]
    public void Numbers_that_make_no_sense_are_named()
    {
        Assert.Contains("--lr", Assert.Throws<ArgumentException>(() => new LearningRate(LearningRateShape.Linear, 0, 0, 1)).Message);
        Assert.Contains("--warmup", Assert.Throws<ArgumentException>(() => new LearningRate(LearningRateShape.Linear, 1, -1, 1)).Message);
        Assert.Contains("--steps", Assert.Throws<ArgumentException>(() => new LearningRate(LearningRateShape.Linear, 1, 0, 0)).Message);
    }
}
