using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Store;
using Lapwing.Models;

namespace Lapwing.Cli.Commands;

/// <summary><c>adapter merge ADAPTER… --base MODEL -o OUT</c>: adapters folded into a copy of their base.</summary>
internal static class AdapterMergeCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var adapters = new Argument<string[]>("ADAPTER") { Description = "PATH or PATH:SCALE, a PEFT folder or an adapter's .gguf file; several add up", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string>("--base") { Description = "the model that they adapt", HelpName = "MODEL", Required = true };
        var output = new Option<string>("--output", "-o") { Description = "what to write: a .gguf file for a .gguf base, a folder for a folder", HelpName = "OUT", Required = true };
        var force = OutputPath.Force();
        var command = new Command("merge", "Fold adapters into a copy of their base; adapted matrices become F32 (quantize makes them small again)") { adapters, model, output, force };
        command.SetAction(parsed =>
        {
            string path = ModelPath.Resolve(parsed.GetRequiredValue(model), surroundings), target = parsed.GetRequiredValue(output);
            bool folder = Directory.Exists(path), toFile = target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
            if (folder == toFile) throw new UsageException(folder ? "the base is a folder, so OUT must be a folder too; convert turns it into a .gguf file" : "the base is a .gguf file, so OUT must end in .gguf; convert turns it into a folder");
            AdapterChoice[] choices = [.. parsed.GetRequiredValue(adapters).Select(AdapterChoice.Parse)];
            string[] read = [path, .. choices.Select(c => c.Path)];
            if (folder) OutputPath.ForFolder(target, read);
            else OutputPath.ForFile(target, parsed.GetValue(force), read);
            int matrices = 0;
            using var decoder = ModelLoader.Load(path);
            foreach (var choice in choices)
            {
                using var adapter = Adapter.Load(decoder, choice.Path, choice.Scale);
                if (!folder && adapter.Parts.FirstOrDefault(p => p.Layer.GgufName is null).Layer is { } expert)
                    throw new NotSupportedException($"'{expert.Name}' has no matrix of its own in a GGUF file: convert the base to a folder first");
                AdapterMerge.Into(decoder, adapter);
                matrices += adapter.Parts.Count;
            }
            if (folder) TrainedModel.ToFolder(decoder, path, target);
            else TrainedModel.ToGguf(decoder, path, target);
            if (!surroundings.Json)
            {
                surroundings.Message($"wrote {target} with {matrices} adapted matrices folded in");
                return;
            }
            surroundings.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("output", target);
                json.WriteNumber("matrices", matrices);
                json.WriteEndObject();
            });
        });
        return command;
    }
}
