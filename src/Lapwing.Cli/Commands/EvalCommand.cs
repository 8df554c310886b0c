using System.CommandLine;
using System.Text.Json;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Evaluation;
using Lapwing.Cli.Host;

namespace Lapwing.Cli.Commands;

/// <summary><c>eval MODEL</c>: quality as numbers, and the numbers themselves.</summary>
internal static class EvalCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("eval", "Measure a model: perplexity on a text, or its logits for comparison with a reference");
        var engine = new EngineOptions().AddTo(command);
        var logits = new Option<string?>("--logits") { Description = "compute the logits of this JSON array of token ids", HelpName = "IDS.json" };
        var hidden = new Option<bool>("--hidden") { Description = "with --logits: every layer's output as well, as tensor hidden_states" };
        var output = new Option<string?>("--output", "-o") { Description = "with --logits: the safetensors file to write", HelpName = "FILE" };
        foreach (Option option in new Option[] { logits, hidden, output }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            string? idsFile = parsed.GetValue(logits), target = parsed.GetValue(output);
            if (idsFile is null || target is null) throw new UsageException("give --logits IDS.json and -o FILE.safetensors");
            int[] ids = JsonInput.Ids(idsFile);
            using var loaded = engine.Load(parsed, surroundings, ids.Length);
            LogitsWriter.Write(loaded, ids, target, parsed.GetValue(hidden), surroundings);
            ReportLogits(loaded, ids.Length, target, surroundings);
        });
        return command;
    }

    private static void ReportLogits(LoadedModel loaded, int length, string target, Surroundings surroundings)
    {
        int vocabulary = loaded.Model.Head.Vocabulary;
        if (!surroundings.Json)
        {
            surroundings.Message($"wrote the logits of {length} tokens to {target}");
            return;
        }
        surroundings.WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteString("output", target);
            json.WriteNumber("length", length);
            json.WriteNumber("vocabulary", vocabulary);
            WritePath(json, loaded);
            json.WriteEndObject();
        });
    }

    private static void WritePath(Utf8JsonWriter json, LoadedModel loaded)
    {
        json.WriteString("path", loaded.Arithmetic.Path);
        json.WriteString("level", loaded.Arithmetic.Level);
    }
}
