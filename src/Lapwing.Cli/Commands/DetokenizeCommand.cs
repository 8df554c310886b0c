using System.CommandLine;
using System.Globalization;
using Lapwing.Cli.Host;
using Lapwing.Cli.Store;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Commands;

/// <summary><c>detokenize MODEL IDS…</c>: the inverse of <c>tokenize</c>.</summary>
internal static class DetokenizeCommand
{
    private static readonly char[] Separators = [' ', ',', '[', ']', '\t', '\r', '\n'];

    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string>("MODEL") { Description = "whose tokenizer" };
        var ids = new Argument<string[]>("IDS") { Description = "token ids, apart or as a JSON array; standard input where they are left out", Arity = ArgumentArity.ZeroOrMore };
        var noBos = new Option<bool>("--no-bos") { Description = "the ids were made with tokenize --no-bos: keep a BOS and EOS at the ends" };
        var command = new Command("detokenize", "Token ids to text") { model, ids, noBos };
        command.SetAction(parsed =>
        {
            var tokenizer = ModelText.Open(ModelPath.Resolve(parsed.GetRequiredValue(model), surroundings)).Tokenizer;
            string[] given = parsed.GetValue(ids) is { Length: > 0 } some ? some : [surroundings.Input.ReadToEnd()];
            int[] numbers = [.. given.SelectMany(g => g.Split(Separators, StringSplitOptions.RemoveEmptyEntries)).Select(text => Id(text, tokenizer))];
            string decoded = tokenizer.Decode(parsed.GetValue(noBos) ? numbers : Inside(numbers, tokenizer));
            if (surroundings.Json)
            {
                surroundings.WriteJson(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("text", decoded);
                    json.WriteEndObject();
                });
            }
            else
            {
                surroundings.Out.Write(decoded);
                if (surroundings.OutputIsTerminal) surroundings.Out.WriteLine();
            }
        });
        return command;
    }

    private static int Id(string text, Tokenizer tokenizer)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long id)) throw new UsageException($"'{text}' is no token id");
        if (id < 0 || id >= tokenizer.VocabularySize) throw new ArgumentException($"token {id} is not in the vocabulary: ids run from 0 to {tokenizer.VocabularySize - 1}");
        return (int)id;
    }

    /// <summary>Without what <c>tokenize</c> puts around a text.</summary>
    private static int[] Inside(int[] ids, Tokenizer tokenizer)
    {
        int from = tokenizer.AddsBos && ids.Length > 0 && ids[0] == tokenizer.BosId ? 1 : 0;
        int to = tokenizer.AddsEos && ids.Length > from && (ids[^1] == tokenizer.EosId || ids[^1] == tokenizer.SeparatorId) ? ids.Length - 1 : ids.Length;
        return ids[from..to];
    }
}
