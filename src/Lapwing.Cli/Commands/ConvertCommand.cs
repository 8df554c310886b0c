using System.CommandLine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Quantising;
using Lapwing.Cli.Store;
using Lapwing.Formats.Gguf;
using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Cli.Commands;

/// <summary><c>convert IN OUT</c>: a safetensors folder to GGUF, a GGUF file to a folder, or to other plain types.</summary>
internal static class ConvertCommand
{
    private static readonly string[] Types = ["F32", "F16", "BF16", "Q8_0"];

    public static Command Create(Surroundings surroundings)
    {
        var input = new Argument<string>("IN") { Description = "a folder with config.json and safetensors, or a .gguf file" };
        var output = new Argument<string>("OUT") { Description = "a name that ends in .gguf, or a folder to write" };
        var type = new Option<string?>("--type") { Description = $"type of the matrices: {string.Join(", ", Types)} (default: as they are); for others see quantize", HelpName = "T" };
        var force = OutputPath.Force();
        var command = new Command("convert", "A safetensors folder to a GGUF file, a GGUF file to a folder, and between plain types") { input, output, type, force };
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(output);
            QuantisationMix? mix = null;
            if (parsed.GetValue(type) is { } name && (!Types.Contains(name.ToUpperInvariant()) || (mix = QuantisationMix.Find(name)) is null))
                throw new UsageException($"--type {name}: convert writes {string.Join(", ", Types)}; quantize writes the others");
            string path = ModelPath.Resolve(parsed.GetRequiredValue(input), surroundings);
            bool fromFolder = Directory.Exists(path), toFile = target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
            if (fromFolder && !toFile) throw new UsageException($"IN is a folder, so OUT must end in .gguf, which {target} does not");
            if (!toFile && mix is { Base: ElementType.Q8_0 }) throw new UsageException("a folder holds plain types only: F32, F16 or BF16");
            if (toFile) OutputPath.ForFile(target, parsed.GetValue(force), path);
            else OutputPath.ForFolder(target, path);
            if (fromFolder) FolderToGguf.Convert(path, target, (_, source, columns) => mix is null ? source : columns % mix.Base.BlockLength() == 0 ? mix.Base : ElementType.F16);
            else if (toFile) Retype(path, target, mix ?? throw new UsageException("a .gguf file is converted to another type: give --type"), surroundings);
            else if (GgufToFolder.Convert(path, target, source => mix?.Base ?? (source.IsQuantised() ? ElementType.F32 : source)) is { } left) surroundings.Message($"warning: {left}");
            Report(target, surroundings);
        });
        return command;
    }

    private static void Retype(string path, string target, QuantisationMix mix, Surroundings surroundings)
    {
        using var source = GgufFile.Open(path);
        OutputPath.ForFile(target, force: true, source.Parts);
        var plan = QuantisationPlan.Make([.. source.Tensors.Values], mix, default, pure: true);
        Quantiser.Write(source, plan, mix, null, target, surroundings);
    }

    private static void Report(string target, Surroundings surroundings)
    {
        using var opened = Showing.SummaryReader.Open(target);
        var summary = opened.Summary;
        if (surroundings.Json)
        {
            surroundings.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("output", target);
                json.WriteString("architecture", summary.Architecture);
                json.WriteNumber("bytes", summary.Bytes);
                json.WriteNumber("parameters", summary.Parameters);
                json.WriteStartObject("tensors");
                foreach (var share in summary.Types) json.WriteNumber(share.Type, share.Tensors);
                json.WriteEndObject();
                json.WriteEndObject();
            });
            return;
        }
        surroundings.Out.WriteLine($"{target}: {summary.Architecture}, {Wording.Count(summary.Parameters)} parameters, {Wording.Bytes(summary.Bytes)} ({string.Join(", ", summary.Types.Select(t => $"{t.Type} in {t.Tensors}"))})");
    }
}
