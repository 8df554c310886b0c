using System.Text.Json;

namespace Lapwing.Training.Data;

/// <summary>Recognises the form of one JSON row by the fields it has, and reads it.</summary>
internal static class RowParser
{
    /// <summary>The rows that a JSON value stands for (more than one only in the Self-Instruct form).</summary>
    /// <exception cref="RowException">It cannot be used.</exception>
    /// <exception cref="InvalidDataException">A placeholder has no value.</exception>
    public static (DataForm Form, IReadOnlyList<DataRow> Rows) Parse(JsonElement row, RowOrigin origin, Placeholders placeholders)
    {
        var fields = new RowFields(origin, placeholders);
        if (row.ValueKind == JsonValueKind.Array && row.GetArrayLength() > 0 && row[0].ValueKind == JsonValueKind.Object && row[0].TryGetProperty("role", out _))
            return (DataForm.OpenAIChat, [fields.Conversation(ChatForm.Messages(row, "row", fields, out bool[] learn), null, learn)]);
        if (row.ValueKind != JsonValueKind.Object) throw new RowException(RowProblem.UnknownForm, $"it is {Kind(row.ValueKind)}; a row is an object, {{…}}");
        bool Has(string name) => row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

        if (Has("chosen") && Has("rejected")) throw new RowException(RowProblem.UnknownForm, "a preference pair, and tune learns from answers: write the chosen one as \"completion\"");
        if (Has("input_ids")) return (DataForm.Tokens, [TokenForm.Parse(row, origin)]);
        if (Has("messages")) return (DataForm.OpenAIChat, [ChatForm.Parse(row, fields)]);
        if (Has("conversations")) return (DataForm.ShareGpt, [ShareGptForm.Parse(row, fields, "conversations")]);
        if (Has("conversation")) return (DataForm.ShareGpt, [ShareGptForm.Parse(row, fields, "conversation")]);
        if (Has("instruction") && Has("output")) return (DataForm.Alpaca, [InstructionForms.Instruction(row, fields, "input", "output")]);
        if (Has("instruction") && Has("response")) return (DataForm.Dolly, [InstructionForms.Instruction(row, fields, "context", "response")]);
        if (Has("instruction") && Has("instances")) return (DataForm.SelfInstruct, [.. InstructionForms.SelfInstruct(row, fields)]);
        if (InstructionForms.PairOf(row) is { } pair) return (DataForm.PromptCompletion, [InstructionForms.Pair(row, fields, pair)]);
        if (Has("text"))
        {
            string text = fields.Text(row, "text")!;
            return text.Length > 0 ? (DataForm.Text, [new TextRow(origin, text)]) : throw new RowException(RowProblem.NothingToLearn, "the text is empty");
        }

        throw new RowException(RowProblem.UnknownForm, $"it has {Names(row)}; known are {Known}");
    }

    private const string Known = "prompt with completion, instruction with output, messages, conversations, text, and input_ids";

    /// <summary>What a message calls a value.</summary>
    internal static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
        _ => "true or false",
    };

    private static string Names(JsonElement row)
    {
        string[] names = [.. row.EnumerateObject().Select(p => Readable(p.Name)).Take(8)];
        return names.Length == 0 ? "no fields" : "the fields " + string.Join(", ", names);
    }

    // Names come from strangers' files: an escape sequence must not reach the terminal.
    internal static string Readable(string name, int most = 40)
    {
        string clean = string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
        return clean.Length <= most ? clean : clean[..most] + "…";
    }
}
