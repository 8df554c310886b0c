using System.Text.Json;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Testing;
using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

public sealed class TuneRunTests : IDisposable
{
    private const int Length = 64;
    private readonly TemporaryFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_run_leaves_an_adapter_in_both_forms_that_answers_like_the_tuned_model()
    {
        using var model = Model();
        double before, tuned;
        string folder = Path.Combine(files.Folder, "out");
        TrainingResult result;
        using (var run = Prepare(model, Options(12)))
        {
            before = Loss(model, run.Split.Validation);
            TuneRun.ClaimFolder(folder, resume: false);
            result = run.Run(folder, cancellation: TestContext.Current.CancellationToken);
            tuned = Loss(model, run.Split.Validation);
            Assert.Null(run.Save(folder, result));
            Assert.Equal(before, result.Validation[0].Loss, 1e-6);
            Assert.Equal(tuned, result.Validation[^1].Loss, 1e-6);
            Assert.NotEqual(before, tuned);

            foreach (string form in (string[])["", "adapter.gguf"])
            {
                using var other = Model();
                using var adapter = Adapter.Load(other, Path.Combine(folder, form));
                adapter.Attach();
                Assert.Equal(tuned, Loss(other, run.Split.Validation), 2e-5);
            }
        }

        Assert.Equal(["adapter.gguf", "adapter_config.json", "adapter_model.safetensors", "loss.svg", "run.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(result.Steps[^1].Loss < result.Steps[0].Loss);
        Assert.Contains("already holds an adapter", Assert.Throws<IOException>(() => TuneRun.ClaimFolder(folder, resume: false)).Message);
    }

    [Fact]
    public void An_untrained_adapter_changes_nothing_and_a_detached_one_leaves_no_trace()
    {
        using var model = Model();
        using var run = Prepare(model, Options(1));
        double with = Loss(model, run.Split.Validation);
        run.Adapter.Detach();
        Assert.Equal(Loss(model, run.Split.Validation), with);
    }

    [Fact]
    public void A_run_stopped_and_resumed_leaves_the_same_bytes_as_one_that_went_through()
    {
        string whole = Path.Combine(files.Folder, "whole"), parts = Path.Combine(files.Folder, "parts");
        Through(whole, null, resume: false);
        Through(parts, stopAfter: 5, resume: false);
        Assert.True(File.Exists(Path.Combine(parts, "adapter_model.safetensors")));
        Assert.Contains("--resume", Assert.Throws<IOException>(() => TuneRun.ClaimFolder(parts, resume: false)).Message);
        Through(parts, null, resume: true);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "adapter_model.safetensors")), File.ReadAllBytes(Path.Combine(parts, "adapter_model.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "adapter.gguf")), File.ReadAllBytes(Path.Combine(parts, "adapter.gguf")));
        Assert.False(File.Exists(Path.Combine(parts, TrainingState.FileName)));
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(parts, TuneRun.RecordName)));
        Assert.Equal(Enumerable.Range(0, 10), record.RootElement.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("step").GetInt32()));

        void Through(string folder, int? stopAfter, bool resume)
        {
            using var model = Model();
            using var run = Prepare(model, Options(10));
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            TuneRun.ClaimFolder(folder, resume);
            run.Save(folder, run.Run(folder, resume, s => { if (s.Step + 1 == stopAfter) stop.Cancel(); }, cancellation: stop.Token));
        }
    }

    [Fact]
    public void What_cannot_be_written_at_the_end_can_be_had_by_resuming()
    {
        string folder = Path.Combine(files.Folder, "out"), taken = Path.Combine(folder, "adapter_model.safetensors");
        using var model = Model();
        using var stop = new CancellationTokenSource();
        TuneRun.ClaimFolder(folder, resume: false);
        using (var first = Prepare(model, Options(6)))
        {
            first.Run(folder, onStep: s => { if (s.Step == 3) stop.Cancel(); }, cancellation: stop.Token);
            first.Adapter.Detach();
        }
        Directory.CreateDirectory(taken); // stands for a full disk
        using (var second = Prepare(model, Options(6)))
        {
            var result = second.Run(folder, resume: true, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(TrainingOutcome.Completed, result.Outcome);
            Assert.Throws<IOException>(() => second.Save(folder, result));
            second.Adapter.Detach();
        }
        Directory.Delete(taken);
        TuneRun.ClaimFolder(folder, resume: true);
        using var third = Prepare(model, Options(6));
        third.Save(folder, third.Run(folder, resume: true, cancellation: TestContext.Current.CancellationToken));
        Assert.True(File.Exists(taken));
        Assert.False(File.Exists(Path.Combine(folder, TrainingState.FileName)));
    }

    // Stopped after any step, and in the middle of any validation: which step is best, and when patience ends, must not depend on it.
    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public void The_best_step_and_the_end_of_patience_survive_any_stop(int? patience)
    {
        var options = Options(24) with { Validation = ValidationSize.Parse("8") };
        options = options with { Trainer = options.Trainer with { PeakRate = 0.05, Schedule = LearningRateShape.Constant, ValidateEvery = 3, KeepBest = true, Patience = patience } };
        var whole = Through("whole", null, null);
        Assert.NotNull(whole.Kept);
        Assert.True(whole.Kept < whole.Steps.Count, "the case shows nothing: the last step is the best");
        if (patience is not null) Assert.Equal(TrainingOutcome.StoppedEarly, whole.Outcome);
        byte[] expected = File.ReadAllBytes(Path.Combine(files.Folder, "whole", "adapter_model.safetensors"));
        for (int stop = 1; stop < whole.Steps.Count; stop += 2) Same(Through($"step {stop}", stop, null), $"step {stop}");
        for (int stop = 1; stop < whole.Validation.Count; stop++) Same(Through($"validation {stop}", null, stop), $"validation {stop}");

        void Same(TrainingResult result, string folder)
        {
            Assert.Equal((whole.Outcome, whole.Kept), (result.Outcome, result.Kept));
            Assert.Equal(whole.Validation, result.Validation);
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(files.Folder, folder, "adapter_model.safetensors")));
        }

        TrainingResult Through(string name, int? afterStep, int? inValidation)
        {
            string folder = Path.Combine(files.Folder, name);
            using var model = Model();
            if (afterStep is null && inValidation is null) return Once(null, resume: false);
            using var stop = new CancellationTokenSource();
            Assert.Equal(TrainingOutcome.Interrupted, Once(stop, resume: false).Outcome);
            return Once(null, resume: true);

            TrainingResult Once(CancellationTokenSource? stop, bool resume)
            {
                using var run = Prepare(model, options);
                TuneRun.ClaimFolder(folder, resume);
                int validations = 0;
                // Stopped as the step before a validation ends, the validation itself is what is cut short.
                var result = run.Run(folder, resume, s =>
                {
                    if (s.Step + 1 == afterStep || (s.Step + 1) % 3 == 0 && ++validations == inValidation) stop?.Cancel();
                }, cancellation: stop?.Token ?? TestContext.Current.CancellationToken);
                run.Save(folder, result);
                run.Adapter.Detach();
                return result;
            }
        }
    }

    [Theory]
    [InlineData("8", false)]
    [InlineData("20", true)]
    public void With_enough_rows_held_out_the_best_step_is_kept_unasked(string held, bool keeps)
    {
        using var model = Model();
        using var run = Prepare(model, Options(4) with { Validation = ValidationSize.Parse(held) });
        Assert.Equal(keeps, run.KeepsBest);
    }

    [Fact]
    public void A_run_goes_on_only_as_what_it_was()
    {
        string folder = Path.Combine(files.Folder, "out");
        using var model = Model();
        using (var run = Prepare(model, Options(10)))
        {
            TuneRun.ClaimFolder(folder, resume: false);
            using var stop = new CancellationTokenSource();
            run.Run(folder, onStep: _ => stop.Cancel(), cancellation: stop.Token);
        }

        using var other = Prepare(model, Options(10) with { Seed = 8 });
        Assert.Contains("other options", Assert.Throws<InvalidDataException>(() => other.Run(folder, resume: true, cancellation: TestContext.Current.CancellationToken)).Message);
        File.Delete(Path.Combine(folder, TrainingState.FileName));
        Assert.Contains("no run to go on with", Assert.Throws<IOException>(() => TuneRun.ClaimFolder(folder, resume: true)).Message);
    }

    [Fact]
    public void The_record_knows_base_data_and_options_but_no_place_and_no_text()
    {
        using var model = Model();
        using var run = Prepare(model, Options(1));
        string json = run.Record(new(TrainingOutcome.Completed, null, [], [], 0)).ToJson();
        using var record = JsonDocument.Parse(json);
        var root = record.RootElement;
        Assert.Equal("lora", root.GetProperty("method").GetString());
        Assert.Equal(64, root.GetProperty("data").GetProperty("files")[0].GetProperty("sha256").GetString()!.Length);
        Assert.Equal(48, root.GetProperty("data").GetProperty("training_examples").GetInt32() + root.GetProperty("data").GetProperty("validation_examples").GetInt32());
        Assert.Equal(4, root.GetProperty("options").GetProperty("rank").GetInt32());
        Assert.DoesNotContain(files.Folder, json);
        Assert.DoesNotContain("secret-rows", json);
    }

    [Fact]
    public void A_plan_counts_and_measures_and_teaches_nothing()
    {
        using var model = Model();
        using var run = Prepare(model, Options(24) with { Validation = ValidationSize.Parse("8") });
        double before = Loss(model, run.Split.Training);
        var plan = run.Plan();
        Assert.Equal(24, plan.Steps);
        // Forty examples in batches of four: ten steps an epoch, two epochs and four steps.
        Assert.InRange(plan.Tokens, 2 * run.Split.Training.Sum(e => e.Ids.Length), 3 * run.Split.Training.Sum(e => e.Ids.Length));
        Assert.True(plan.TokensPerSecond > 0 && plan.ActivationBytes > 0 && plan.Duration > TimeSpan.Zero);
        Assert.Equal(before, Loss(model, run.Split.Training));
        var result = run.Run(files.Folder, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(plan.ValidationTokens, result.Validation.Count * run.Split.Validation.Sum(e => (long)e.Ids.Length));
    }

    [Fact]
    public void Recomputing_activations_changes_no_loss()
    {
        using var model = Model();
        double[][] losses = [.. new[] { false, true }.Select(recompute =>
        {
            using var run = Prepare(model, Options(4) with { Recompute = recompute });
            return run.Run(files.Folder, cancellation: TestContext.Current.CancellationToken).Steps.Select(s => s.Loss).ToArray();
        })];
        Assert.Equal(losses[0], losses[1]);
    }

    [Fact]
    public void A_length_beyond_the_context_is_refused()
    {
        Assert.Equal(100, TuneOptions.LengthFor(100, null));
        Assert.Equal(512, TuneOptions.LengthFor(4096, null));
        Assert.Contains("--length", Assert.Throws<ArgumentException>(() => TuneOptions.LengthFor(100, 101)).Message);
    }

    private static TuneOptions Options(int steps) => new()
    {
        Lora = new() { Rank = 4 },
        Length = Length,
        Seed = 7,
        Trainer = new() { PeakRate = 5e-3, MicroBatchTokens = 100, Batches = new() { BatchSize = 4, Steps = steps } },
    };

    private static DecoderModel Model() => ModelLoader.Load(SharedFolder.Path("models/tiny-random/llama"));

    private static double Loss(DecoderModel model, Example[] examples)
    {
        using var worker = new ModelWorker(model, new ExactArithmetic());
        return Trainer.MeanLoss(worker, examples, 1000)!.Value;
    }

    private TuneRun Prepare(DecoderModel model, TuneOptions options)
    {
        var random = new SeededRandom(11, "tune test");
        var rows = Enumerable.Range(0, 48).Select(_ =>
        {
            int start = 3 + random.Next(200), step = 1 + random.Next(3);
            return $$"""{"input_ids":[{{string.Join(',', Enumerable.Range(0, 8 + random.Next(20)).Select(i => start + i * step))}}]}""";
        });
        var data = DataReader.Read([files.Write("secret-rows.jsonl", string.Join('\n', rows))], new());
        var builder = new ExampleBuilder(_ => throw new InvalidOperationException(), _ => throw new InvalidOperationException(), _ => throw new InvalidOperationException(), new() { Vocabulary = model.Info.Vocabulary, Length = options.Length });
        var identity = new BaseIdentity(model.Info.Name, model.Info.Architecture, model.Parameters.Sum(p => p.Count), [new("00", 1)]);
        return new(model, identity, data, builder.Build(data), new ExactArithmetic(), new ExactArithmetic(), options);
    }
}
