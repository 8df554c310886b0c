using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tuning;

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
            using var run = prepared.Begin(surroundings.Interruption.Token);
            return Learning.Run(run, folder!, parsed.GetValue(resume), prepared.Loaded.Path, surroundings);
        });
        return command;
    }
}
