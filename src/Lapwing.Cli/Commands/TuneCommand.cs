using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tuning;
using Lapwing.Training;

namespace Lapwing.Cli.Commands;

/// <summary><c>tune MODEL DATA… -o OUT</c>: teach a model an adapter.</summary>
internal static class TuneCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("tune", "Make a model personal: learn an adapter from data");
        var engine = new EngineOptions().AddTo(command, withAdapters: false);
        var settings = new TuneSettings().AddTo(command);
        var output = new Option<string?>("--output", "-o") { Description = "the folder to write: a PEFT adapter with adapter.gguf, run.json and loss.svg", HelpName = "OUT" };
        var resume = new Option<bool>("--resume") { Description = "go on with the run that was stopped in OUT, bit for bit" };
        var masks = new Option<bool>("--show-masks") { Description = "print the first rows with what is learnt marked, and stop" };
        foreach (Option option in new Option[] { output, resume, masks }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            string? folder = parsed.GetValue(output);
            bool showMasks = parsed.GetValue(masks);
            if (folder is null && !showMasks) throw new UsageException("give -o OUT, the folder to write");
            if (folder is not null && File.Exists(folder)) throw new IOException($"{folder} is a file; name a folder for the adapter");
            using var prepared = TunePreparation.Make(parsed, engine, settings, surroundings);
            if (showMasks)
            {
                MaskView.Write(prepared.Examples, () => prepared.Loaded.Tokenizer, surroundings);
                return ExitCodes.Done;
            }
            return Learn(prepared, folder!, parsed.GetValue(resume), surroundings);
        });
        return command;
    }

    private static int Learn(TunePreparation prepared, string folder, bool resume, Surroundings surroundings)
    {
        var token = surroundings.Interruption.Token;
        using var run = prepared.Begin(token);
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
            if (result.Steps.Count > 0 && run.Save(folder, result) is { } note) surroundings.Message($"warning: {note}");
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
