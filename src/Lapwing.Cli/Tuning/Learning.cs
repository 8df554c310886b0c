using Lapwing.Cli.Host;
using Lapwing.Training;

namespace Lapwing.Cli.Tuning;

/// <summary>A run from its first step to what it leaves on the disk, with progress, Ctrl-C and a report.</summary>
internal static class Learning
{
    /// <summary>Learns into <paramref name="folder"/>; <paramref name="source"/> is where the model was loaded from. Returns the exit code.</summary>
    public static int Run(TuneRun run, string folder, bool resume, string source, Surroundings surroundings)
    {
        var token = surroundings.Interruption.Token;
        TuneRun.ClaimFolder(folder, resume);
        try
        {
            surroundings.Message($"{run.Split.Training.Length} rows to learn from, {run.Split.Validation.Length} held out; {run.TrainedParameters} weights learn in {run.Steps} steps");
            var result = ProgressMeter.Run(surroundings, "tuning", run.Steps, "steps", meter => run.Run(
                folder, resume,
                step => meter.Report(step.Step + 1, $"loss {step.Loss:0.000}, {step.TokensPerSecond:0} tok/s"),
                validation => surroundings.Message($"step {validation.Step}: loss {validation.Loss:0.0000} on what is held out"),
                token));
            if (result.Outcome == TrainingOutcome.Diverged) throw new InvalidDataException(result.Diagnosis ?? "the run diverged; lower --lr");
            // Stopped before the first step: there is nothing to keep.
            if (result.Steps.Count > 0 && run.Save(folder, result, source) is { } note) surroundings.Message($"warning: {note}");
            Report(run, result, folder, surroundings);
            return result.Outcome == TrainingOutcome.Interrupted ? ExitCodes.Interrupted : ExitCodes.Done;
        }
        finally
        {
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
    }

    private static void Report(TuneRun run, TrainingResult result, string folder, Surroundings surroundings)
    {
        if (surroundings.Json)
        {
            string record = run.Record(result).ToNode().ToJsonString();
            surroundings.WriteJson(json => json.WriteRawValue(record));
            return;
        }
        if (result.Outcome == TrainingOutcome.Interrupted) surroundings.Message("interrupted; go on with --resume");
        if (result.Steps.Count == 0) return;
        var (first, last) = (result.Steps[0], result.Steps[^1]);
        surroundings.Out.WriteLine($"{folder}: {result.Steps.Count} steps in {ProgressMeter.Duration(result.Seconds)}, loss {first.Loss:0.0000} → {last.Loss:0.0000}");
        if (result.Validation.Count > 1)
            surroundings.Out.WriteLine($"on what was held out: {result.Validation[0].Loss:0.0000} → {result.Validation[^1].Loss:0.0000} ({(result.Validation[^1].Loss < result.Validation[0].Loss ? "better" : "not better")})");
    }
}
