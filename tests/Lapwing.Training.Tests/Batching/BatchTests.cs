using CsCheck;
using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

public sealed class BatchTests
{
    [Fact]
    public void Every_epoch_sees_every_example_once() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 9], Gen.Int[1, 4], Gen.ULong).Sample((examples, batch, epochs, seed) =>
        {
            var plan = new BatchPlan(examples, new() { BatchSize = batch, Epochs = epochs, Seed = seed });
            int[][] steps = [.. plan.From(0)];
            return steps.Length == plan.Steps
                && Enumerable.Range(0, epochs).All(e => steps.Skip(e * plan.StepsPerEpoch).Take(plan.StepsPerEpoch).SelectMany(s => s).Order().SequenceEqual(Enumerable.Range(0, examples)));
        });

    [Fact]
    public void A_resumed_run_goes_on_with_the_same_batches()
    {
        var plan = new BatchPlan(23, new() { BatchSize = 4, Steps = 40, Seed = 9 });
        int[][] all = [.. plan.From(0)];
        for (int first = 0; first < 40; first += 7) Assert.Equal(all[first..], plan.From(first));
    }

    [Fact]
    public void Without_shuffling_rows_come_in_order_round_and_round()
    {
        var plan = new BatchPlan(6, new() { BatchSize = 4, Steps = 4, Shuffle = false });
        Assert.Equal([[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [4, 5]], plan.From(0));
    }

    [Fact]
    public void Epochs_and_seeds_have_orders_of_their_own()
    {
        int[] First(ulong seed, int step) => new BatchPlan(50, new() { BatchSize = 50, Epochs = 2, Seed = seed }).From(step).First();
        Assert.NotEqual(First(1, 0), First(1, 1));
        Assert.NotEqual(First(1, 0), First(2, 0));
        Assert.Equal(First(1, 0), First(1, 0));
    }

    [Fact]
    public void Micro_batches_cover_the_batch_within_their_bound()
    {
        Example[] batch = [.. new[] { 5, 90, 10, 200, 1, 99 }.Select(Tokens)];
        var cuts = MicroBatches.Cut(batch, 100).ToArray();
        Assert.Equal(batch, cuts.SelectMany(c => c));
        Assert.Equal([2, 1, 1, 2], cuts.Select(c => c.Count));
    }

    [Theory]
    [InlineData("0", 100, 0)]
    [InlineData("0.05", 100, 5)]
    [InlineData("0.05", 12, 1)]
    [InlineData("0.05", 9, 0)]
    [InlineData("7", 100, 7)]
    public void The_held_out_part_has_the_size_asked_for(string option, int examples, int expected) => Assert.Equal(expected, ValidationSize.Parse(option).Of(examples));

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("some")]
    [InlineData("NaN")]
    public void Other_sizes_are_refused(string option) => Assert.Contains("--validation", Assert.Throws<ArgumentException>(() => ValidationSize.Parse(option)).Message);

    [Fact]
    public void Repeated_examples_are_never_held_out()
    {
        Example[] examples = [.. Enumerable.Range(0, 40).Select(i => new Example([i % 25, 1, 2], [i % 25, 1, 2], new("x", i)))];
        var split = ValidationSplit.Create(examples, ValidationSize.Parse("8"), 3);
        Assert.Equal(8, split.Validation.Length);
        Assert.Equal(32, split.Training.Length);
        Assert.Empty(split.Validation.Select(e => e.Ids[0]).Intersect(split.Training.Select(e => e.Ids[0])));
    }

    [Fact]
    public void The_first_label_never_counts() => Assert.Equal(2, new Example([1, 2, 3, 4], [1, -100, 3, 4], new("x", 1)).LossTokens);

    private static Example Tokens(int count) => new(new int[count], new int[count], new RowOrigin("x", 1));
}
