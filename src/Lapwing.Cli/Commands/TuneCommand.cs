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
        var command = new Command("tune", "Make a model personal: learn an adapter from examples, for PEFT and llama.cpp too");
        var engine = new EngineOptions().AddTo(command, withAdapters: false);
        var settings = new TuneSettings().AddTo(command);
        var output = new Option<string?>("--output", "-o") { Description = "the folder to write, new or empty: a PEFT adapter with adapter.gguf, run.json and loss.svg", HelpName = "OUT" };
        var resume = new Option<bool>("--resume") { Description = "go on with the run that was stopped in OUT, bit for bit" };
        var masks = new Option<bool>("--show-masks") { Description = "print the first rows as the model will see them, what is learnt marked, and stop" };
        foreach (Option option in new Option[] { output, resume, masks }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(masks))
            {
                using var shown = TunePreparation.Make(parsed, engine, settings, surroundings);
                MaskView.Write(shown.Examples, () => shown.Loaded.Tokenizer, surroundings);
                return ExitCodes.Done;
            }
            if (parsed.GetValue(output) is not { Length: > 0 } target) throw new UsageException("give -o OUT, a new folder to write");
            bool again = parsed.GetValue(resume);
            settings.Check(parsed);
            // Claimed before a long file is read: an evening must not end at a folder that is taken.
            using var folder = new OutputFolder(target, again);
            using var prepared = TunePreparation.Make(parsed, engine, settings, surroundings);
            using var run = prepared.Begin(surroundings.Interruption.Token);
            return Learning.Run(prepared, run, target, again, prepared.Loaded.Path, surroundings);
        });
        return command;
    }
}
