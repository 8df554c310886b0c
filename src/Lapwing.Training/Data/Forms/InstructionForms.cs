using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>Alpaca, Dolly, Self-Instruct and prompt/completion: a question, perhaps with material, and an answer.</summary>
internal static class InstructionForms
{
    // Prompt and answer under the names that published sets use; the first pair that a row has rules.
    private static readonly (string Prompt, string Answer)[] Pairs =
        [("prompt", "completion"), ("prompt", "response"), ("question", "answer"), ("question", "response"), ("query", "response"), ("input", "output")];

    /// <summary>Alpaca or Dolly: the material follows the instruction on a line of its own, as LLaMA-Factory lays it.</summary>
    public static ConversationRow Instruction(JsonElement row, RowFields fields, string material, string answer)
    {
        var messages = new List<JsonObject>();
        if (fields.Text(row, "system") is { Length: > 0 } system) messages.Add(RowFields.Message("system", system));
        AddHistory(row, fields, messages);
        string instruction = fields.Text(row, "instruction") ?? "";
        string input = fields.Text(row, material) ?? "";
        messages.Add(RowFields.Message("user", Join(instruction, input)));
        messages.Add(RowFields.Message("assistant", fields.Text(row, answer) ?? ""));
        return fields.Conversation(messages);
    }

    /// <summary>Self-Instruct: one row for each instance.</summary>
    public static IEnumerable<ConversationRow> SelfInstruct(JsonElement row, RowFields fields)
    {
        string instruction = fields.Text(row, "instruction") ?? "";
        var instances = row.GetProperty("instances");
        if (instances.ValueKind != JsonValueKind.Array || instances.GetArrayLength() == 0) throw new RowException(RowProblem.Malformed, "\"instances\" must be a list of objects with \"input\" and \"output\", and not empty");
        foreach (var instance in instances.EnumerateArray())
        {
            if (instance.ValueKind != JsonValueKind.Object) throw new RowException(RowProblem.Malformed, $"an instance must be an object with \"input\" and \"output\", and is {RowParser.Kind(instance.ValueKind)}");
            yield return fields.Conversation(
            [
                RowFields.Message("user", Join(instruction, fields.Text(instance, "input") ?? "")),
                RowFields.Message("assistant", fields.Text(instance, "output") ?? ""),
            ]);
        }
    }

    /// <summary>The names of prompt and answer in the row; null where it has no such pair.</summary>
    public static (string Prompt, string Answer)? PairOf(JsonElement row)
    {
        foreach (var pair in Pairs)
        {
            if (row.TryGetProperty(pair.Prompt, out _) && row.TryGetProperty(pair.Answer, out _)) return pair;
        }

        return null;
    }

    /// <summary>Prompt and completion, each a string (one turn) or, as TRL also writes them, a list of messages.</summary>
    public static ConversationRow Pair(JsonElement row, RowFields fields, (string Prompt, string Answer) pair)
    {
        var messages = Side(row, fields, pair.Prompt, "user");
        if (fields.Text(row, "system") is { Length: > 0 } system) messages.Insert(0, RowFields.Message("system", system));
        int prompt = messages.Count;
        messages.AddRange(Side(row, fields, pair.Answer, "assistant"));
        bool[] learn = [.. messages.Select((m, i) => i >= prompt && RowFields.IsAnswer(m))];
        bool continuation = pair == Pairs[0] && messages.Count == 2 && row.GetProperty(pair.Prompt).ValueKind != JsonValueKind.Array && row.GetProperty(pair.Answer).ValueKind != JsonValueKind.Array;
        return fields.Conversation(messages, ChatForm.Tools(row, fields), learn) with { IsContinuation = continuation };
    }

    private static List<JsonObject> Side(JsonElement row, RowFields fields, string name, string role) =>
        row.GetProperty(name).ValueKind == JsonValueKind.Array
            ? ChatForm.Messages(row.GetProperty(name), name, fields, out _)
            : [RowFields.Message(role, fields.Text(row, name) ?? "")];

    private static void AddHistory(JsonElement row, RowFields fields, List<JsonObject> messages)
    {
        if (!row.TryGetProperty("history", out var history) || history.ValueKind == JsonValueKind.Null) return;
        if (history.ValueKind != JsonValueKind.Array) throw new RowException(RowProblem.Malformed, "\"history\" must be a list of [question, answer]");
        foreach (var turn in history.EnumerateArray())
        {
            if (turn.ValueKind != JsonValueKind.Array || turn.GetArrayLength() != 2 || turn[0].ValueKind != JsonValueKind.String || turn[1].ValueKind != JsonValueKind.String)
                throw new RowException(RowProblem.Malformed, "\"history\" must be a list of [question, answer], two strings each");
            messages.Add(RowFields.Message("user", fields.Fill(turn[0].GetString()!)));
            messages.Add(RowFields.Message("assistant", fields.Fill(turn[1].GetString()!)));
        }
    }

    private static string Join(string instruction, string input) => input.Length == 0 ? instruction : instruction.Length == 0 ? input : instruction + "\n" + input;
}
