using System.CommandLine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Showing;
using Lapwing.Cli.Store;

namespace Lapwing.Cli.Commands;

/// <summary><c>show MODEL</c>: what is in a file.</summary>
internal static class ShowCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string>("MODEL") { Description = "a .gguf file, a folder with safetensors, an adapter, or a stored model's name" };
        var tensors = new Option<bool>("--tensors") { Description = "list every tensor with type, shape and size" };
        var template = new Option<bool>("--template") { Description = "print the chat template and nothing else" };
        var hash = new Option<bool>("--hash") { Description = "compute the SHA-256 of every file (reads it all)" };
        var verify = new Option<bool>("--verify") { Description = "read every weight and check that all numbers are finite; exit code 3 if not" };
        var command = new Command("show", "What is in a model: architecture, sizes, quantisation, licence, template") { model, tensors, template, hash, verify };
        command.SetAction(parsed =>
        {
            string path = ModelPath.Resolve(parsed.GetRequiredValue(model), surroundings);
            using var opened = SummaryReader.Open(path);
            var summary = opened.Summary;
            if (parsed.GetValue(template)) return PrintTemplate(summary, surroundings);
            var hashes = parsed.GetValue(hash) ? FileHashes.Compute(summary.Files, surroundings) : null;
            var damage = parsed.GetValue(verify) ? WeightCheck.Run(summary, surroundings) : null;
            if (surroundings.Json) surroundings.WriteJson(json => SummaryJson.Write(json, summary, hashes, damage, parsed.GetValue(tensors)));
            else SummaryText.Write(surroundings.Out, summary, hashes, damage, parsed.GetValue(tensors));
            return damage is { Count: > 0 } ? ExitCodes.CheckFailed : ExitCodes.Done;
        });
        return command;
    }

    private static int PrintTemplate(ModelSummary summary, Surroundings surroundings)
    {
        string template = summary.Template ?? throw new InvalidDataException($"{summary.Path} has no chat template; it is a base model, or its template was left out when it was converted");
        if (surroundings.Json) surroundings.WriteJson(json => json.WriteStringValue(template));
        else surroundings.Out.Write(template);
        return ExitCodes.Done;
    }
}
