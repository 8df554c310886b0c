using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>ShareGPT: <c>conversations</c> of <c>from</c> and <c>value</c>, with <c>system</c> and <c>tools</c> beside it.</summary>
internal static class ShareGptForm
{
    public static ConversationRow Parse(JsonElement row, RowFields fields, string name)
    {
        var turns = row.GetProperty(name);
        if (turns.ValueKind != JsonValueKind.Array) throw new RowException(RowProblem.Malformed, $"\"{name}\" must be a list of objects with \"from\" and \"value\", and is {RowParser.Kind(turns.ValueKind)}");
        // Some sets write role and content under this name.
        if (turns.EnumerateArray().All(t => t.ValueKind == JsonValueKind.Object && t.TryGetProperty("role", out _)) && turns.GetArrayLength() > 0)
        {
            var chat = ChatForm.Messages(turns, name, fields, out bool[] learn);
            return fields.Conversation(chat, ChatForm.Tools(row, fields), learn);
        }

        var messages = new List<JsonObject>();
        if (fields.Text(row, "system") is { Length: > 0 } system) messages.Add(RowFields.Message("system", system));
        foreach (var turn in turns.EnumerateArray()) messages.Add(Message(turn, fields, messages.Count + 1));
        return fields.Conversation(messages, ChatForm.Tools(row, fields));
    }

    private static JsonObject Message(JsonElement turn, RowFields fields, int number)
    {
        if (turn.ValueKind != JsonValueKind.Object) throw new RowException(RowProblem.Malformed, $"turn {number} must be an object with \"from\" and \"value\", and is {RowParser.Kind(turn.ValueKind)}");
        string from = fields.Text(turn, "from") ?? throw new RowException(RowProblem.Malformed, $"turn {number} has no \"from\"");
        string value = fields.Text(turn, "value") ?? throw new RowException(RowProblem.Malformed, $"turn {number} has no \"value\"");
        return from switch
        {
            "human" or "user" => RowFields.Message("user", value),
            "gpt" or "assistant" or "chatgpt" or "bing" or "bard" or "model" => RowFields.Message("assistant", value),
            "system" => RowFields.Message("system", value),
            "tool" or "observation" or "function_response" => RowFields.Message("tool", value),
            "function_call" => Call(value, number),
            _ => throw new RowException(RowProblem.Malformed, $"turn {number} is from \"{RowParser.Readable(from)}\": known are human, gpt, system, function_call, observation and tool"),
        };
    }

    // LLaMA-Factory: the value is {"name", "arguments"} as a string, or a list of such.
    private static JsonObject Call(string value, int number)
    {
        var parsed = JsonRows.Inner(value, $"the function call of turn {number}");
        var calls = new JsonArray();
        foreach (var call in parsed is JsonArray several ? several : [parsed?.DeepClone()])
        {
            if (call is not JsonObject || call["name"] is null) throw new RowException(RowProblem.Malformed, $"the function call of turn {number} must be {{\"name\", \"arguments\"}}, or a list of such");
            var function = new JsonObject { ["name"] = call["name"]!.DeepClone(), ["arguments"] = call["arguments"]?.DeepClone() ?? new JsonObject() };
            calls.Add(new JsonObject { ["type"] = "function", ["function"] = function });
        }

        return new() { ["role"] = "assistant", ["content"] = "", ["tool_calls"] = calls };
    }
}
