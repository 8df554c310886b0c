namespace Lapwing.Training.Tests;

/// <summary>The loop by itself, on a model of one logit for each token: p(next) = softmax(w), so that its gradient can be seen through.</summary>
public sealed class TrainerTests : IDisposable
{
    private const int Vocabulary = 8;
    private readonly OwnedTensor weights = new("logits", new float[Vocabulary]);

    public void Dispose() => weights.Dispose();

    [Theory]
    [InlineData(1, true)]
    [InlineData(7, true)]
    [InlineData(1000, true)]
    [InlineData(1000, false)]
    public void Parts_of_a_batch_add_up_to_the_batch(int tokensAtOnce, bool pack)
    {
        using var twin = new OwnedTensor("logits", new float[Vocabulary]);
        var whole = Run(twin, new() { Batches = new() { BatchSize = 6, Steps = 12 }, MicroBatchTokens = 1000 });
        var parts = Run(weights, new() { Batches = new() { BatchSize = 6, Steps = 12 }, MicroBatchTokens = tokensAtOnce, Pack = pack });
        for (int s = 0; s < 12; s++)
        {
            Assert.Equal(whole.Steps[s].Loss, parts.Steps[s].Loss, 1e-6);
            Assert.Equal(whole.Steps[s].GradientNorm, parts.Steps[s].GradientNorm, 1e-6);
        }
    }

    [Fact]
    public void The_loss_is_the_mean_over_tokens_not_over_examples()
    {
        // Nine tokens of 1 and one of 2, in two examples: the mean gradient must weigh them 9 : 1.
        weights.Tensor.Value[1] = 1;
        Example[] data = [Tokens(0, 1, 1, 1, 1, 1, 1, 1, 1, 1), Tokens(0, 2)];
        var result = Run(weights, new() { Batches = new() { BatchSize = 2, Steps = 1 }, Clip = 0, MicroBatchTokens = 3 }, data);
        double logSum = Math.Log(Math.E + Vocabulary - 1);
        Assert.Equal((9 * (logSum - 1) + logSum) / 10, result.Steps[0].Loss, 1e-6);
    }

    [Fact]
    public void Learning_lowers_the_loss_and_validation_sees_it()
    {
        Example[] data = [.. Enumerable.Range(0, 40).Select(i => Tokens(0, 1 + i % 2, 1, 3))];
        var result = Run(weights, new() { PeakRate = 0.05, Batches = new() { Epochs = 5 }, Optimiser = new() }, data, data[..4]);
        Assert.Equal(TrainingOutcome.Completed, result.Outcome);
        Assert.Equal([0, 5, 10, 15, 20, 25], result.Validation.Select(v => v.Step));
        Assert.True(result.Validation[^1].Loss < result.Validation[0].Loss);
        Assert.Equal(Math.Log(Vocabulary), result.Validation[0].Loss, 1e-6);
    }

    [Fact]
    public void A_held_out_loss_that_is_no_number_does_not_keep_the_state_from_being_saved()
    {
        var options = new TrainerOptions { ValidateEvery = 1, Batches = new() { BatchSize = 3, Steps = 2 } };
        using var files = new TemporaryFiles();
        string state = Path.Combine(files.Folder, TrainingState.FileName);
        using var first = new Trainer([weights.Tensor], new Softmax(weights), new NoNumber(), new(Data(), Data()), Vocabulary, options);
        var result = first.Run(cancellation: TestContext.Current.CancellationToken);
        TrainingState.Save(state, first, [weights.Tensor], "this run", result.Seconds);
        using var second = new Trainer([weights.Tensor], new Softmax(weights), new NoNumber(), new(Data(), Data()), Vocabulary, options);
        TrainingState.Load(state, second, [weights.Tensor], "this run");
        Assert.Equal(TrainingOutcome.Diverged, result.Outcome);
        Assert.Contains("held-out loss", result.Diagnosis);
        Assert.Equal([double.NaN, double.NaN], second.History.Validation.Select(v => v.Loss));
    }

    private sealed class NoNumber : ILossWorker
    {
        public void Losses(ReadOnlySpan<Example> examples, Span<double> sums) => sums.Fill(double.NaN);
    }

    [Fact]
    public void A_run_resumed_in_the_middle_ends_bit_for_bit_like_the_whole_run()
    {
        var options = new TrainerOptions { PeakRate = 0.03, Schedule = LearningRateShape.Cosine, Batches = new() { BatchSize = 3, Epochs = 3, Seed = 4 } };
        using var twin = new OwnedTensor("logits", new float[Vocabulary]);
        var whole = Run(twin, options);
        using var stop = new CancellationTokenSource();
        using var first = new Trainer([weights.Tensor], new Softmax(weights), null, new(Data(), []), Vocabulary, options);
        var result = first.Run(s => { if (s.Step == 6) stop.Cancel(); }, cancellation: stop.Token);
        Assert.Equal(TrainingOutcome.Interrupted, result.Outcome);
        Assert.Equal(7, first.Optimiser.Steps);
        using var files = new TemporaryFiles();
        string state = Path.Combine(files.Folder, TrainingState.FileName);
        TrainingState.Save(state, first, [weights.Tensor], "this run", result.Seconds);
        weights.Tensor.Value.Fill(float.NaN);
        using var second = new Trainer([weights.Tensor], new Softmax(weights), null, new(Data(), []), Vocabulary, options);
        Assert.Contains("another base", Assert.Throws<InvalidDataException>(() => TrainingState.Load(state, second, [weights.Tensor], "another run")).Message);
        TrainingState.Load(state, second, [weights.Tensor], "this run");
        var rest = second.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(TrainingOutcome.Completed, rest.Outcome);
        Assert.Equal(whole.Steps.Select(s => (s.Step, s.Loss, s.GradientNorm)), rest.Steps.Select(s => (s.Step, s.Loss, s.GradientNorm)));
        Assert.True(twin.Tensor.Value.SequenceEqual(weights.Tensor.Value));
    }

    [Theory]
    [InlineData(float.NaN, 0, "the model")]
    [InlineData(float.NaN, 3, "lower --lr")]
    [InlineData(500f, 3, "exploded")]
    public void A_loss_that_explodes_or_is_no_number_stops_with_a_diagnosis(float loss, int at, string diagnosis)
    {
        using var trainer = new Trainer([weights.Tensor], new Broken(at, loss), null, new(Data(), []), Vocabulary, new() { Batches = new() { BatchSize = 50, Steps = 10 } });
        var result = trainer.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(TrainingOutcome.Diverged, result.Outcome);
        Assert.Contains(diagnosis, result.Diagnosis);
        Assert.Equal(at + 1, result.Steps.Count);
        Assert.Equal(at, trainer.Optimiser.Steps);
    }

    [Fact]
    public void A_run_whose_time_is_up_stops_after_a_step()
    {
        var result = Run(weights, new() { TimeLimit = TimeSpan.Zero, Batches = new() { BatchSize = 1, Steps = 1000 } });
        Assert.Equal(TrainingOutcome.TimeUp, result.Outcome);
        Assert.Single(result.Steps);
    }

    [Fact]
    public void Options_that_make_no_sense_are_named()
    {
        string Message(TrainerOptions options) => Assert.Throws<ArgumentException>(() => new Trainer([weights.Tensor], new Softmax(weights), null, new(Data(), []), Vocabulary, options)).Message;
        Assert.Contains("--clip", Message(new() { Clip = double.NaN }));
        Assert.Contains("--batch", Message(new() { Batches = new() { BatchSize = 0 } }));
        Assert.Contains("--lr", Message(new() { PeakRate = double.PositiveInfinity }));
    }

    // What is held out has a token that training never sees: at first both losses fall, then the one rises for the other.
    private static readonly Example[] Mixture = [.. Enumerable.Range(0, 40).Select(i => Tokens(0, 1, 1, 1, i % 4 == 0 ? 3 : 1))], Other = [.. Enumerable.Range(0, 4).Select(_ => Tokens(0, 1, 5, 1))];

    [Fact]
    public void The_best_step_is_kept_where_it_is_asked_for()
    {
        var options = new TrainerOptions { PeakRate = 0.1, Schedule = LearningRateShape.Constant, Warmup = 0, ValidateEvery = 3, Batches = new() { Steps = 60 } };
        var plain = Run(weights, options, Mixture, Other);
        var lowest = plain.Validation.MinBy(v => v.Loss);
        Assert.Null(plain.Kept);
        Assert.InRange(lowest.Step, 3, 54);

        using var twin = new OwnedTensor("logits", new float[Vocabulary]);
        var worker = new Softmax(twin);
        using var trainer = new Trainer([twin.Tensor], worker, worker, new(Mixture, Other), Vocabulary, options with { KeepBest = true });
        var result = trainer.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(plain.Validation, result.Validation);
        Assert.Equal(lowest.Step, result.Kept);
        Assert.True(twin.Tensor.Value.SequenceEqual(weights.Tensor.Value)); // the last values: a stopped run goes on from them
        trainer.TakeBest();
        Assert.Equal(lowest.Loss, Trainer.MeanLoss(worker, Other, 100, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Patience_ends_a_run_whose_held_out_loss_no_longer_falls()
    {
        var options = new TrainerOptions { PeakRate = 0.1, Schedule = LearningRateShape.Constant, Warmup = 0, ValidateEvery = 3, Batches = new() { Steps = 60 }, Patience = 2 };
        var result = Run(weights, options, Mixture, Other);
        Assert.Equal(TrainingOutcome.StoppedEarly, result.Outcome);
        Assert.Equal(result.Validation.MinBy(v => v.Loss).Step, result.Kept);
        Assert.Equal(result.Kept + 6, result.Steps.Count);
        Assert.Contains("--patience", Assert.Throws<ArgumentException>(() => Run(weights, options, Mixture)).Message);
        Assert.Contains("--keep-best", Assert.Throws<ArgumentException>(() => Run(weights, options with { Patience = null, KeepBest = true }, Mixture)).Message);
    }

    private static TrainingResult Run(OwnedTensor tensor, TrainerOptions options, Example[]? data = null, Example[]? held = null)
    {
        var worker = new Softmax(tensor);
        using var trainer = new Trainer([tensor.Tensor], worker, worker, new(data ?? Data(), held ?? []), Vocabulary, options);
        return trainer.Run(cancellation: TestContext.Current.CancellationToken);
    }

    private static Example[] Data()
    {
        var random = new SeededRandom(3, "trainer test");
        return [.. Enumerable.Range(0, 20).Select(_ => Tokens([.. Enumerable.Range(0, 2 + random.Next(9)).Select(_ => random.Next(Vocabulary))]))];
    }

    private static Example Tokens(params int[] ids) => new(ids, ids, new("x", 1));

    private sealed class Softmax(OwnedTensor owned) : IGradientWorker, ILossWorker
    {
        public void Losses(ReadOnlySpan<Example> examples, Span<double> sums)
        {
            for (int e = 0; e < examples.Length; e++) sums[e] = LossAndGradients(examples.Slice(e, 1), 0);
        }

        public double LossAndGradients(ReadOnlySpan<Example> examples, float weight)
        {
            float[] value = owned.Tensor.Value.ToArray();
            var gradient = owned.Tensor.Gradient;
            double logSum = Math.Log(value.Sum(v => Math.Exp(v))), loss = 0;
            foreach (var example in examples)
            {
                int[] targets = new int[example.Ids.Length];
                example.CopyTargets(targets);
                foreach (int target in targets)
                {
                    if (target == Example.NoLoss) continue;
                    loss += logSum - value[target];
                    for (int i = 0; i < Vocabulary; i++) gradient[i] += weight * (float)(Math.Exp(value[i] - logSum) - (i == target ? 1 : 0));
                }
            }

            return loss;
        }
    }

    private sealed class Broken(int at, float loss) : IGradientWorker
    {
        private int calls;

        public double LossAndGradients(ReadOnlySpan<Example> examples, float weight) => (calls++ == at ? loss : 2) / weight;
    }
}
