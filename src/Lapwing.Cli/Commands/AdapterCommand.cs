using System.CommandLine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Showing;
using Lapwing.Cli.Store;
using Lapwing.Formats.Peft;
using Lapwing.Models;

namespace Lapwing.Cli.Commands;

/// <summary><c>adapter show</c>, <c>merge</c> and <c>convert</c>: adapters as things.</summary>
internal static class AdapterCommand
{
    public static Command Create(Surroundings surroundings) => new("adapter", "Look into an adapter, fold it into its base, or convert it between PEFT's folder and llama.cpp's GGUF")
    {
        Show(surroundings), AdapterMergeCommand.Create(surroundings), ConvertForms(surroundings),
    };

    private static Command Show(Surroundings surroundings)
    {
        var path = new Argument<string>("ADAPTER") { Description = "a PEFT folder or an adapter's .gguf file" };
        var tensors = new Option<bool>("--tensors") { Description = "list every tensor with type, shape and size" };
        var command = new Command("show", "Method, rank, strength, adapted layers, base") { path, tensors };
        command.SetAction(parsed =>
        {
            using var summary = AdapterSummary.Open(parsed.GetRequiredValue(path));
            if (surroundings.Json) surroundings.WriteJson(json => summary.Write(json, parsed.GetValue(tensors)));
            else summary.Write(surroundings.Out, parsed.GetValue(tensors));
        });
        return command;
    }

    private static Command ConvertForms(Surroundings surroundings)
    {
        var input = new Argument<string>("IN") { Description = "a PEFT folder or an adapter's .gguf file" };
        var output = new Argument<string>("OUT") { Description = "a file that ends in .gguf, or a folder to write in PEFT's form" };
        var model = new Option<string?>("--base") { Description = "the model that it adapts: names and the order of rows come from it", HelpName = "MODEL" };
        var force = OutputPath.Force();
        var command = new Command("convert", "PEFT's folder to GGUF, or GGUF to PEFT's folder") { input, output, model, force };
        command.SetAction(parsed =>
        {
            string from = parsed.GetRequiredValue(input), to = parsed.GetRequiredValue(output);
            if (!File.Exists(from) && !Directory.Exists(from)) throw new FileNotFoundException($"{from} does not exist; check the path", from);
            string path = ModelPath.Resolve(parsed.GetValue(model) ?? BaseOf(from), surroundings);
            bool toGguf = to.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
            if (toGguf) OutputPath.ForFile(to, parsed.GetValue(force), from, path);
            else OutputPath.ForFolder(to, from, path);
            using var decoder = ModelLoader.Load(path);
            using var adapter = Adapter.Load(decoder, from);
            if (toGguf) AdapterWriter.ToGguf(adapter, decoder, to);
            else AdapterWriter.ToPeft(adapter, to);
            if (!surroundings.Json)
            {
                surroundings.Message($"wrote {adapter.Parts.Count} adapted matrices to {to}");
                return;
            }
            surroundings.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("output", to);
                json.WriteString("format", toGguf ? "gguf" : "peft");
                json.WriteNumber("matrices", adapter.Parts.Count);
                json.WriteEndObject();
            });
        });
        return command;
    }

    // An adapter's folder often names its base by a path that holds here too.
    private static string BaseOf(string adapter)
    {
        if (PeftFolder.Is(adapter) && AdapterConfig.Open(adapter).BaseModel is { Length: > 0 } named && (File.Exists(named) || Directory.Exists(named))) return named;
        throw new UsageException("the base is not known: give --base MODEL");
    }
}
