using Lapwing.Cli.Host;

namespace Lapwing.Cli.Tests;

public sealed class ProgressMeterTests
{
    [Fact]
    public void What_was_done_before_counts_as_done_but_not_as_work_of_this_time()
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var surroundings = new Surroundings(Stream.Null, error, () => TextReader.Null, _ => null, () => new Interruption());
        int result = ProgressMeter.Run(surroundings, "learning", 10, "steps", meter =>
        {
            meter.Resume(4);
            for (int step = 5; step <= 10; step++) meter.Report(step, $"loss {step}");
            return 7;
        });
        Assert.Equal(7, result);
        Assert.StartsWith("learning: 6 steps in ", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(", loss 10\n", error.ToString(), StringComparison.Ordinal);
    }
}
