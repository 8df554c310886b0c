using System.CommandLine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;
using Lapwing.Cli.Quantising;
using Lapwing.Cli.Store;
using Lapwing.Formats.Gguf;
using Lapwing.Models;
using Lapwing.Tensors;

namespace Lapwing.Cli.Commands;

/// <summary><c>quantize IN OUT --type T</c>: a GGUF file in other types.</summary>
internal static class QuantizeCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var input = new Argument<string>("IN") { Description = "a model as a .gguf file, or a folder with safetensors" };
        var output = new Argument<string>("OUT") { Description = "the .gguf file to write" };
        var type = new Option<string>("--type") { Description = $"what to quantise to: {string.Join(", ", QuantisationMix.All.Select(m => m.Name))}", Required = true, HelpName = "T" };
        var imatrix = new Option<string?>("--imatrix") { Description = "an importance matrix made by llama-imatrix", HelpName = "FILE" };
        var pure = new Option<bool>("--pure") { Description = "every matrix in the same type, without the mix's exceptions" };
        var threads = Numbers.Whole("--threads", "threads that compute (default: the physical cores)", 1, 1024, "-t");
        var force = OutputPath.Force();
        var command = new Command("quantize", "Make a model smaller: fewer bits a weight, in llama.cpp's mixes") { input, output, type, imatrix, pure, threads, force };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(type), target = parsed.GetRequiredValue(output);
            var mix = QuantisationMix.Find(name) ?? throw new UsageException($"--type {name} is not one that can be written; these are: {string.Join(", ", QuantisationMix.All.Select(m => m.Name))}");
            if (parsed.GetValue(threads) is { } count) ThreadTeam.Configure(count);
            string path = ModelPath.Resolve(parsed.GetRequiredValue(input), surroundings);
            string? importanceFile = parsed.GetValue(imatrix);
            OutputPath.ForFile(target, parsed.GetValue(force), importanceFile is null ? [path] : [path, importanceFile]);
            var importance = importanceFile is not null ? ImportanceMatrix.Read(importanceFile) : null;
            bool allAlike = parsed.GetValue(pure);
            if (File.Exists(path)) Quantise(path, target, mix, importance, allAlike, surroundings);
            else FromFolder(path, target, mix, importance, allAlike, surroundings);
        });
        return command;
    }

    // The rules go by GGUF's names and order: a folder becomes a GGUF file in its own types first, which is gone afterwards.
    private static void FromFolder(string folder, string target, QuantisationMix mix, ImportanceMatrix? importance, bool pure, Surroundings surroundings)
    {
        string between = $"{target}.{Guid.NewGuid():N}.tmp.gguf";
        try
        {
            surroundings.Message("converting the folder");
            FolderToGguf.Convert(folder, between, (_, source, _) => source);
            Quantise(between, target, mix, importance, pure, surroundings);
        }
        finally
        {
            File.Delete(between);
        }
    }

    private static void Quantise(string path, string target, QuantisationMix mix, ImportanceMatrix? importance, bool pure, Surroundings surroundings)
    {
        using var source = GgufFile.Open(path);
        OutputPath.ForFile(target, force: true, source.Parts);
        var plan = QuantisationPlan.Make([.. source.Tensors.Values], mix, Shape(source, importance is not null), pure);
        if (plan.All(p => !QuantisationPlan.IsMatrix(p.Tensor))) throw new InvalidDataException($"{path} holds no matrices to quantise; name a model's file");
        if (plan.Any(p => p.Tensor.Type.IsQuantised() && p.Type != p.Tensor.Type))
            surroundings.Message("warning: the model is quantised already; quantising it again loses more than quantising the original would");
        Quantiser.Write(source, plan, mix, importance, target, surroundings);
        Report(plan, mix, target, surroundings);
    }

    private static ModelShape Shape(GgufFile file, bool importance)
    {
        var m = file.Metadata;
        string architecture = m.GetStringOrDefault("general.architecture") ?? "";
        int layers = m.GetInt32OrDefault($"{architecture}.block_count");
        int heads = First($"{architecture}.attention.head_count"), keyHeads = First($"{architecture}.attention.head_count_kv");
        return new ModelShape(layers, keyHeads > 0 ? heads / keyHeads : 1, m.GetInt32OrDefault($"{architecture}.expert_count"), file.Tensors.ContainsKey("output.weight"), importance);

        int First(string key) => m.ContainsKey(key) && layers > 0 ? m.GetInt32PerLayer(key, layers).Max() : 0;
    }

    private static void Report(IReadOnlyList<PlannedTensor> plan, QuantisationMix mix, string target, Surroundings surroundings)
    {
        using var written = File.OpenHandle(target); // through a link, whose own length says nothing
        long bytes = RandomAccess.GetLength(written), elements = plan.Sum(p => p.Tensor.Count);
        double bits = plan.Sum(p => p.Bytes) * 8.0 / Math.Max(1, elements);
        var types = plan.GroupBy(p => p.Type).OrderByDescending(g => g.Sum(p => p.Tensor.Count)).Select(g => (Type: g.Key, Count: g.Count())).ToList();
        var fallbacks = plan.Where(p => p.Wanted is not null).ToList();
        if (surroundings.Json)
        {
            surroundings.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("output", target);
                json.WriteString("type", mix.Name);
                json.WriteNumber("bytes", bytes);
                json.WriteNumber("bits_per_weight", Math.Round(bits, 3));
                json.WriteStartObject("tensors");
                foreach (var (type, count) in types) json.WriteNumber(type.ToString(), count);
                json.WriteEndObject();
                json.WriteStartArray("fallbacks");
                foreach (var planned in fallbacks)
                {
                    json.WriteStartObject();
                    json.WriteString("tensor", planned.Tensor.Name);
                    json.WriteString("wanted", planned.Wanted.ToString());
                    json.WriteString("used", planned.Type.ToString());
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }
        surroundings.Out.WriteLine($"{target}: {mix.Name}, {Wording.Bytes(bytes)}, {bits:0.00} bits a weight ({string.Join(", ", types.Select(t => $"{t.Type} in {t.Count}"))})");
        foreach (var group in fallbacks.GroupBy(p => (p.Wanted, p.Type)))
            surroundings.Out.WriteLine($"{group.Key.Type} instead of {group.Key.Wanted} in {group.Count()} tensors whose rows are no multiple of {group.Key.Wanted!.Value.BlockLength()}: {Names(group)}");
    }

    private static string Names(IEnumerable<PlannedTensor> tensors)
    {
        string[] names = [.. tensors.Select(t => Wording.Printable(t.Tensor.Name))];
        return names.Length <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names[..3])} and {names.Length - 3} more";
    }
}
