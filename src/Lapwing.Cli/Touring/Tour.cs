using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Cli.Store;
using Lapwing.Generation;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Touring;

/// <summary>
/// The product's main job from end to end, on the small model and the small text that ship with it: a story, a tune that visibly changes
/// it, the loss on stories that the tune never saw, before and after, and the adapter read back from the disk. Nothing is prepared: every
/// number and every word is computed while one looks on.
/// </summary>
internal sealed class Tour(Arithmetic arithmetic, Surroundings surroundings)
{
    private const string Prompt = "Once upon a time, there was a";
    private const int Words = 90, HeldOut = 6;

    /// <summary>Runs it; the adapter is kept in <paramref name="keep"/>, where that is given.</summary>
    public int Run(string? keep)
    {
        string chick = ModelPath.Resolve(ModelPath.Chick, surroundings), lesson = Path.Combine(AppContext.BaseDirectory, "Assets", "tour.jsonl");
        if (!File.Exists(lesson)) throw new FileNotFoundException($"the tour's text is not part of this installation ({lesson} is missing); install lapwing anew", lesson);
        string folder = keep ?? Directory.CreateTempSubdirectory("lapwing-tour-").FullName;
        try
        {
            TuneRun.ClaimFolder(folder, resume: false);
            using var loaded = LoadedModel.Load(chick, arithmetic, [], null);
            long parameters = loaded.Model.Parameters.Sum(p => p.Count);
            Heading($"1. chick speaks: {parameters / 1e6:0.0} million weights, {new FileInfo(chick).Length / 1e6:0.0} MB, on {ThreadTeam.Shared.Count} threads of this machine");
            string before = Tell(loaded, out double rate);
            Say(before);
            Fact($"{rate:0} tokens/s");

            Heading("2. chick learns: 30 small stories about a lapwing named Pip");
            var (first, last, seconds, steps) = Learn(loaded, chick, lesson, folder);
            Fact($"{steps} steps in {seconds:0} s; loss on {HeldOut} stories that it never saw: {first:0.000} → {last:0.000}");

            Heading("3. the same beginning, before and after");
            // Read back from the disk onto the untouched model, as anyone else would.
            using var adapter = Adapter.Load(loaded.Model, folder);
            adapter.Attach();
            string after = Tell(loaded, out _);
            Fact("before");
            Say(before);
            Fact("after");
            Say(after);
            double again = Loss(loaded, lesson);
            Fact($"the adapter, saved and read back, gives the held-out loss {again:0.000}{(again == last ? ": the same, bit for bit" : "")}");
            if (again != last) throw new InvalidDataException($"the adapter read back from {folder} gives the loss {again:R} where training measured {last:R}: please report this");
            adapter.Detach();

            Heading("Yours next");
            Line("  lapwing run MODEL.gguf                       chat with a model that you have");
            Line("  lapwing tune MODEL.gguf NOTES.jsonl -o mine  teach it yours");
            Line("  lapwing run MODEL.gguf --adapter mine        and see");
            if (keep is not null) Line($"The tour's adapter is in {keep}: lapwing run chick --raw --adapter {keep} \"{Prompt}\"");
            bool better = last < first && after != before;
            if (!better) surroundings.Message("the tune did not change the model for the better on this machine: please report this");
            return better ? ExitCodes.Done : ExitCodes.CheckFailed;
        }
        finally
        {
            if (keep is null) Directory.Delete(folder, recursive: true);
        }
    }

    private string Tell(LoadedModel loaded, out double rate)
    {
        using var generator = new TextGenerator(loaded.Model, loaded.Tokenizer, arithmetic, null, loaded.LoadTime);
        // Seeded and a little warm: greedy text of a small model runs in circles.
        var options = new GenerationOptions { MaxTokens = Words, Sampler = new SamplerOptions { Temperature = 0.6f, Seed = 11 } };
        var result = generator.Generate(loaded.Tokenizer.Encode(Prompt), options, null, surroundings.Interruption.Token);
        rate = result.Timings.CompletionTokensPerSecond;
        return Prompt + result.Text;
    }

    private (double First, double Last, double Seconds, int Steps) Learn(LoadedModel loaded, string chick, string lesson, string folder)
    {
        var (data, examples) = Examples(loaded, lesson);
        var model = loaded.Model;
        var options = new TuneOptions
        {
            Lora = new LoraOptions { Rank = 16, Target = "all" }, Length = 256, Validation = ValidationSize.Parse("0"),
            Trainer = new TrainerOptions { PeakRate = 4e-3, Schedule = LearningRateShape.Cosine, Batches = new BatchOptions { BatchSize = 6, Epochs = 12 } },
        };
        var identity = new BaseIdentity(model.Info.Name, model.Info.Architecture, model.Parameters.Sum(p => p.Count), FileIdentities.Of(chick, surroundings.Interruption.Token));
        double first = Loss(loaded, lesson);
        using var run = new TuneRun(model, identity, data, [.. examples.SkipLast(HeldOut)], arithmetic, arithmetic, options) { Processor = MachineFacts.Read().Processor };
        var token = surroundings.Interruption.Token;
        var result = ProgressMeter.Run(surroundings, "learning", run.Steps, "steps", meter => run.Run(folder, false, step => meter.Report(step.Step + 1, $"loss {step.Loss:0.000}, {step.TokensPerSecond:0} tok/s"), null, token));
        token.ThrowIfCancellationRequested();
        if (result.Outcome == TrainingOutcome.Diverged) throw new InvalidDataException(result.Diagnosis ?? "the tune diverged");
        double last = Loss(loaded, lesson);
        run.Save(folder, result, chick);
        return (first, last, result.Seconds, result.Steps.Count);
    }

    // The last stories of the lesson, each alone, under the arithmetic that speaks as well.
    private double Loss(LoadedModel loaded, string lesson)
    {
        using var worker = new ModelWorker(loaded.Model, arithmetic);
        return Trainer.MeanLoss(worker, [.. Examples(loaded, lesson).Examples.TakeLast(HeldOut)], 1024) ?? double.NaN;
    }

    private static (DataSet Data, IReadOnlyList<Example> Examples) Examples(LoadedModel loaded, string lesson)
    {
        var data = DataReader.Read([lesson], new DataOptions());
        return (data, ExampleBuilder.For(loaded.Tokenizer, _ => throw new InvalidDataException("no conversation"), loaded.Model.Info.Vocabulary, 256).Build(data));
    }

    private void Heading(string text)
    {
        Line("");
        Line(text);
        Line(new string('─', Math.Min(text.Length, 78)));
    }

    private void Fact(string text) => Line($"  [{text}]");

    private void Say(string story)
    {
        // Wrapped by hand: the tour looks the same in a pipe as on a terminal.
        var line = new System.Text.StringBuilder("   ");
        foreach (string word in story.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length + word.Length > 78)
            {
                Line(line.ToString());
                line.Clear().Append("   ");
            }
            line.Append(' ').Append(word);
        }
        Line(line.ToString());
    }

    private void Line(string text)
    {
        surroundings.Out.WriteLine(text);
        surroundings.Out.Flush();
    }
}
