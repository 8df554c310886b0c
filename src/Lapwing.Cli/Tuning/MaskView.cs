using System.Text;
using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Text.Tokenizers;
using Lapwing.Training;

namespace Lapwing.Cli.Tuning;

/// <summary>Shows which tokens of the examples are learnt: the one picture that catches a wrong template before an evening is lost.</summary>
internal static class MaskView
{
    private const int Shown = 5;
    private const string Green = "\u001b[1;32m", Plain = "\u001b[0m", Open = "⟦", Close = "⟧";

    /// <summary>Writes the first examples: what is learnt in green on a terminal, between ⟦ and ⟧ elsewhere, or as JSON runs.</summary>
    public static void Write(IReadOnlyList<Example> examples, Func<Tokenizer> tokenizer, Surroundings surroundings)
    {
        if (surroundings.Json) surroundings.WriteJson(json => WriteRuns(json, examples, tokenizer()));
        else WriteText(examples, tokenizer(), surroundings);
    }

    private static void WriteText(IReadOnlyList<Example> examples, Tokenizer tokenizer, Surroundings surroundings)
    {
        var writer = surroundings.Out;
        var (open, close) = surroundings.OutputIsTerminal ? (Green, Plain) : (Open, Close);
        foreach (var example in examples.Take(Shown))
        {
            writer.WriteLine($"--- {Wording.Printable(example.Origin.ToString())}: {example.LossTokens} of {example.Ids.Length} tokens are learnt");
            foreach (var (text, run) in Texts(example, tokenizer)) writer.Write(run.CarriesLoss ? open + Harmless(text) + close : Harmless(text));
            writer.WriteLine();
        }
        if (examples.Count > Shown) writer.WriteLine($"--- and {examples.Count - Shown} more");
    }

    private static void WriteRuns(Utf8JsonWriter json, IReadOnlyList<Example> examples, Tokenizer tokenizer)
    {
        json.WriteStartArray();
        foreach (var example in examples.Take(Shown))
        {
            json.WriteStartObject();
            json.WriteString("origin", example.Origin.ToString());
            json.WriteNumber("tokens", example.Ids.Length);
            json.WriteNumber("learnt_tokens", example.LossTokens);
            json.WriteStartArray("runs");
            foreach (var (text, run) in Texts(example, tokenizer))
            {
                json.WriteStartObject();
                json.WriteString("text", text);
                json.WriteBoolean("learnt", run.CarriesLoss);
                json.WriteStartArray("ids");
                foreach (int id in run.Ids) json.WriteNumberValue(id);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // One decoder for the whole example: a character that lies across tokens belongs where it becomes whole.
    private static IEnumerable<(string Text, MaskRun Run)> Texts(Example example, Tokenizer tokenizer)
    {
        var decoder = tokenizer.CreateDecoder(continuation: false, skipSpecial: false);
        MaskRun[] runs = [.. example.Runs()];
        for (int r = 0; r < runs.Length; r++)
        {
            var text = new StringBuilder();
            foreach (int id in runs[r].Ids) decoder.Next(id, text);
            if (r == runs.Length - 1) text.Append(decoder.Flush());
            yield return (text.ToString(), runs[r]);
        }
    }

    // Data come from strangers: an escape sequence in them must not reach the terminal.
    private static string Harmless(string text) => text.All(c => !char.IsControl(c) || c is '\n' or '\t') ? text
        : string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
}
