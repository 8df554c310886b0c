using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tuning;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Commands;

/// <summary><c>pretrain CONFIG DATA… -o OUT</c>: a small model from nothing.</summary>
internal static class PretrainCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("pretrain", "A small model from nothing: vocabulary and weights learnt from your text alone");
        var config = new Argument<string>("CONFIG") { Description = "a config.json of the llama family (or a folder with one): sizes, and vocab_size for the vocabulary" };
        command.Arguments.Add(config);
        var engine = new EngineOptions().AddTo(command, withModel: false, withAdapters: false);
        var settings = new TuneSettings(pretraining: true).AddTo(command);
        var tokenizer = new Option<string?>("--tokenizer") { Description = "take this model's vocabulary instead of learning one", HelpName = "MODEL" };
        var bytes = new Option<bool>("--byte-level") { Description = "learn a byte-level vocabulary (as GPT-2 and Llama 3 have) instead of SentencePiece's kind" };
        var output = new Option<string>("--output", "-o") { Description = "the folder to write: model.gguf, run.json and loss.svg", HelpName = "OUT", Required = true };
        var resume = new Option<bool>("--resume") { Description = "go on with the run that was stopped in OUT, bit for bit" };
        foreach (Option option in new Option[] { tokenizer, bytes, output, resume }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(output);
            bool again = parsed.GetValue(resume);
            if (parsed.GetValue(tokenizer) is not null && parsed.GetValue(bytes)) throw new UsageException("--byte-level is about a vocabulary that is learnt; with --tokenizer none is");
            engine.UseThreads(parsed);
            var options = settings.Read(parsed, TuneOptions.UsualLength, int.MaxValue);
            var data = DataReader.Read(settings.Data(parsed), settings.DataOptions(parsed));
            TuneRun.ClaimFolder(folder, again);
            var running = RunLock.Take(folder);
            string start = Path.Combine(folder, NewModel.FileName);
            try
            {
                if (!again) NewModel.Write(parsed.GetRequiredValue(config), parsed.GetValue(tokenizer), parsed.GetValue(bytes), data, options.Seed, start, surroundings);
                int code;
                using (var prepared = TunePreparation.Make(LoadedModel.Load(start, engine.Arithmetic(parsed), [], null), data, parsed, settings, surroundings))
                {
                    using var run = prepared.Begin(surroundings.Interruption.Token);
                    code = Learning.Run(prepared, run, folder, again, start, surroundings);
                }
                return code;
            }
            finally
            {
                // What it began from is needed for as long as there is a run to go on with.
                if (!File.Exists(Path.Combine(folder, "training-state.safetensors"))) File.Delete(start);
                running.Dispose();
                if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
            }
        });
        return command;
    }
}
