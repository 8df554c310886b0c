using System.Globalization;
using Lapwing.Cli.Host;
using Lapwing.Training;

namespace Lapwing.Cli.Tuning;

/// <summary>A run from its first step to what it leaves on the disk, with progress, Ctrl-C and a report.</summary>
internal static class Learning
{
    // A rise by less than this on a handful of held-out rows is noise.
    private const double Overlearnt = 1.05;

    // With fewer held-out rows one hard row decides which step is best.
    private const int FewHeldOut = 8;

    /// <summary>Learns into <paramref name="folder"/>, which was claimed; <paramref name="source"/> is where the model was loaded from. Returns the exit code.</summary>
    public static int Run(TunePreparation prepared, TuneRun run, string folder, bool resume, string source, Surroundings surroundings)
    {
        surroundings.Message(Describe(prepared, run));
        if (run.KeepsBest && run.Split.Validation.Length < FewHeldOut)
            surroundings.Message($"warning: the best step will be chosen by {run.Split.Validation.Length} held-out {(run.Split.Validation.Length == 1 ? "row" : "rows")}, which is little to go by: hold more out (--validation {FewHeldOut})");
        var token = surroundings.Interruption.Token;
        var result = ProgressMeter.Run(surroundings, "learning", run.Steps, "steps", meter =>
        {
            double? heldOut = null;
            bool begun = false;
            return run.Run(folder, resume, OnStep, validation => heldOut = validation.Loss, token);

            void OnStep(StepRecord step)
            {
                if (!begun) meter.Resume(step.Step);
                begun = true;
                meter.Report(step.Step + 1, Note(step, heldOut));
            }
        });
        if (result.Outcome == TrainingOutcome.Diverged) throw new InvalidDataException($"the run diverged at {result.Diagnosis}; nothing is saved");
        // Stopped before the first step: there is nothing to keep.
        if (result.Steps.Count == 0) throw new OperationCanceledException();
        if (run.Save(folder, result, source) is { } note) surroundings.Message($"warning: {note}");
        if (surroundings.Json) surroundings.WriteJson(json => run.Record(result).ToNode().WriteTo(json));
        else
            foreach (string line in Report(run, result, folder, source)) surroundings.Out.WriteLine(line);
        return result.Outcome == TrainingOutcome.Interrupted ? ExitCodes.Interrupted : ExitCodes.Done;
    }

    /// <summary>One line on what is about to happen.</summary>
    public static string Describe(TunePreparation prepared, TuneRun run)
    {
        var (options, batches) = (prepared.Options, prepared.Options.Trainer.Batches);
        string what = run.Method == "full" ? $"all {Wording.Count(run.TrainedParameters)} weights"
            : $"{run.Method}, {Wording.Count(run.TrainedParameters)} weights beside the model's {Wording.Count(prepared.Loaded.Model.Parameters.Sum(p => p.Count))}";
        string rounds = batches.Steps is null ? $" ({batches.Epochs} {(batches.Epochs == 1 ? "epoch" : "epochs")})" : "";
        string held = run.Split.Validation.Length > 0 ? $", {run.Split.Validation.Length} held out" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{run.Split.Training.Length} examples to learn from{held}; {what}; {run.Steps} steps of {batches.BatchSize}{rounds} at a rate of {options.Trainer.PeakRate:0.###e0}");
    }

    private static string Note(in StepRecord step, double? heldOut) =>
        string.Create(CultureInfo.InvariantCulture, $"loss {step.Loss:0.00}{(heldOut is { } loss ? $", held out {loss:0.00}" : "")}, {step.TokensPerSecond:0} tok/s");

    private static IEnumerable<string> Report(TuneRun run, TrainingResult result, string folder, string source)
    {
        int done = result.Steps.Count;
        // Single batches jump about: the mean of a tenth of the run at either end tells where it went.
        int some = Math.Max(1, done / 10);
        double first = result.Steps.Take(some).Average(s => s.Loss), last = result.Steps.TakeLast(some).Average(s => s.Loss);
        string line = string.Create(CultureInfo.InvariantCulture, $"{Wording.Printable(folder)}: {done} of {run.Steps} steps in {ProgressMeter.Duration(result.Seconds)}, loss {first:0.000} → {last:0.000}");
        if (result.Validation.Count > 1) line += string.Create(CultureInfo.InvariantCulture, $", on what was held out {result.Validation[0].Loss:0.000} → {result.Validation[^1].Loss:0.000}");
        yield return line;
        if (result.Outcome == TrainingOutcome.StoppedEarly) yield return "stopped early: the held-out loss fell no further";
        if (result.Kept is { } kept && result.Validation.FirstOrDefault(v => v.Step == kept) is var lowest)
        {
            if (kept != done) yield return string.Create(CultureInfo.InvariantCulture, $"kept is what was learnt after step {kept}, where the held-out loss was lowest: {lowest.Loss:0.000}");
            if (result.Validation[0].Step == 0 && lowest.Loss >= result.Validation[0].Loss) yield return "warning: the held-out loss was never lower than at the start: take a lower --lr, or more data";
        }
        else if (result.Validation.Count > 1 && result.Validation.MinBy(v => v.Loss) is var best && result.Validation[^1].Loss > Overlearnt * best.Loss)
            yield return string.Create(CultureInfo.InvariantCulture, $"the held-out loss was lowest, {best.Loss:0.000}, after step {best.Step}: fewer --epochs or a lower --lr may generalise better, or --keep-best, with enough rows held out to choose by");
        if (result.Outcome is TrainingOutcome.TimeUp or TrainingOutcome.Interrupted) yield return "go on with the same command and --resume";
        else if (run.Method == "full") yield return $"try it: lapwing run {Wording.Printable(folder)}";
        else yield return $"try it: lapwing run {Wording.Printable(source)} --adapter {Wording.Printable(folder)}";
    }
}
