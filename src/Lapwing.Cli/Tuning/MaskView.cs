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

    /// <summary>Writes the first examples, what is learnt between ⟦ and ⟧ (or as JSON runs).</summary>
    public static void Write(IReadOnlyList<Example> examples, Func<Tokenizer> tokenizer, Surroundings surroundings)
    {
        if (surroundings.Json) surroundings.WriteJson(json => WriteRuns(json, examples, tokenizer()));
        else WriteText(examples, tokenizer(), surroundings.Out);
    }

    private static void WriteText(IReadOnlyList<Example> examples, Tokenizer tokenizer, TextWriter writer)
    {
        foreach (var example in examples.Take(Shown))
        {
            var text = new StringBuilder();
            foreach (var run in example.Runs())
            {
                string piece = tokenizer.Decode(run.Ids);
                text.Append(run.CarriesLoss ? $"⟦{piece}⟧" : piece);
            }
            writer.WriteLine($"--- {Wording.Printable(example.Origin.ToString()!)}: {example.LossTokens} of {example.Ids.Length} tokens are learnt");
            writer.WriteLine(text.ToString());
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
            json.WriteStartArray("runs");
            foreach (var run in example.Runs())
            {
                json.WriteStartObject();
                json.WriteString("text", tokenizer.Decode(run.Ids));
                json.WriteBoolean("learnt", run.CarriesLoss);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
