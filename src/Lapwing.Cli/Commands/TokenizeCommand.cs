using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Cli.Store;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Commands;

/// <summary><c>tokenize MODEL [TEXT]</c>: ids as a JSON array.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string>("MODEL") { Description = "whose tokenizer" };
        var text = new Argument<string?>("TEXT") { Description = "the text; standard input where it is left out", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file") { Description = "take the text of this file, byte for byte", HelpName = "FILE" };
        var jsonl = new Option<string?>("--jsonl") { Description = "take rows of {\"text\"} and print one array a line", HelpName = "FILE" };
        var noBos = new Option<bool>("--no-bos") { Description = "without the tokens that the model's metadata put around a text (BOS, EOS)" };
        var noSpecial = new Option<bool>("--no-special") { Description = "spellings of special tokens stay text" };
        var command = new Command("tokenize", "Text to token ids, as a JSON array") { model, text, file, jsonl, noBos, noSpecial };
        command.SetAction(parsed =>
        {
            string? given = parsed.GetValue(text), fromFile = parsed.GetValue(file), fromJsonl = parsed.GetValue(jsonl);
            if ((given is null ? 0 : 1) + (fromFile is null ? 0 : 1) + (fromJsonl is null ? 0 : 1) > 1) throw new UsageException("give one of TEXT, --file and --jsonl");
            var tokenizer = ModelText.Open(ModelPath.Resolve(parsed.GetRequiredValue(model), surroundings)).Tokenizer;
            foreach (string warning in tokenizer.Warnings) surroundings.Message($"warning: {Wording.Printable(warning)}");
            bool around = !parsed.GetValue(noBos), special = !parsed.GetValue(noSpecial);
            if (fromJsonl is not null) Rows(fromJsonl, tokenizer, around, special, surroundings);
            else WriteIds(surroundings.Out, tokenizer.Encode(given ?? (fromFile is null ? surroundings.Input.ReadToEnd() : TextInput.Read(fromFile)), around, special));
        });
        return command;
    }

    /// <summary>Writes <c>[1,2,3]</c> and a line end.</summary>
    public static void WriteIds(TextWriter writer, IReadOnlyList<int> ids)
    {
        var line = new StringBuilder("[");
        for (int i = 0; i < ids.Count; i++)
        {
            if (i > 0) line.Append(',');
            line.Append(CultureInfo.InvariantCulture, $"{ids[i]}");
        }
        writer.WriteLine(line.Append(']').ToString());
    }

    private static void Rows(string path, Tokenizer tokenizer, bool around, bool special, Surroundings surroundings)
    {
        int number = 0;
        foreach (string line in TextInput.Read(path).Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            string origin = $"{path}, line {number}";
            var row = JsonInput.Parse(Encoding.UTF8.GetBytes(line), origin);
            if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("text", out var text)) throw new InvalidDataException($"{origin} is no row of {{\"text\": …}}");
            WriteIds(surroundings.Out, tokenizer.Encode(JsonInput.Text(text, origin), around, special));
        }
    }
}
