using Lapwing.Cli.Tuning;

namespace Lapwing.Cli.Tests.Tuning;

public sealed class TuneDefaultsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(30)]
    [InlineData(86)]
    [InlineData(100)]
    [InlineData(299)]
    public void Few_examples_are_seen_often_enough_to_stick(int examples)
    {
        var defaults = TuneDefaults.For(examples, 576, full: false, batch: null);
        int stepsAnEpoch = (examples + defaults.Batch - 1) / defaults.Batch;
        Assert.InRange(defaults.Epochs * stepsAnEpoch, TuneDefaults.FewestSteps, TuneDefaults.FewestSteps + stepsAnEpoch - 1);
        Assert.Equal(1e-3, defaults.Rate);
        Assert.InRange(defaults.Batch, 1, examples);
    }

    [Fact]
    public void Many_examples_are_seen_once_at_a_lower_rate()
    {
        Assert.Equal(new TuneDefaults(8, 1, 2e-4), TuneDefaults.For(5000, 576, full: false, batch: null));
        Assert.Equal(5e-4, TuneDefaults.For(500, 576, full: false, batch: null).Rate);
    }

    [Fact]
    public void Wide_models_and_whole_models_take_smaller_steps()
    {
        Assert.Equal(4.9e-4, TuneDefaults.For(50, 2048, full: false, batch: null).Rate);
        Assert.Equal(1e-4, TuneDefaults.For(50, 576, full: true, batch: null).Rate);
        Assert.InRange(TuneDefaults.For(50, 8192, full: false, batch: null).Rate, 1e-4, 2e-4);
    }

    [Fact]
    public void The_batch_that_was_asked_for_decides_how_many_epochs_make_the_steps()
    {
        Assert.Equal(90, TuneDefaults.For(60, 576, full: false, batch: 64).Epochs);
        Assert.Equal(2, TuneDefaults.For(60, 576, full: false, batch: 1).Epochs);
    }
}
