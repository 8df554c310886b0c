using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>OpenAI's chat form: <c>messages</c>, <c>tools</c>, tool calls, reasoning, and a <c>weight</c> of 0 for answers not to learn from.</summary>
internal static class ChatForm
{
    // What published templates know. A role that none of them has (a slip, or another form's name) would be rendered by some as nothing at all.
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool", "function", "ipython", "document", "context"];

    public static ConversationRow Parse(JsonElement row, RowFields fields)
    {
        var messages = Messages(row.GetProperty("messages"), "messages", fields, out bool[] learn);
        return fields.Conversation(messages, Tools(row, fields), learn);
    }

    /// <summary>The messages of the list <paramref name="name"/>, and which of them carry loss.</summary>
    public static List<JsonObject> Messages(JsonElement list, string name, RowFields fields, out bool[] learn)
    {
        if (list.ValueKind != JsonValueKind.Array) throw new RowException(RowProblem.Malformed, $"\"{name}\" must be a list of objects with \"role\" and \"content\", and is {RowParser.Kind(list.ValueKind)}");
        var messages = new List<JsonObject>();
        var weights = new List<bool>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object) throw new RowException(RowProblem.Malformed, $"message {messages.Count + 1} must be an object with \"role\" and \"content\", and is {RowParser.Kind(item.ValueKind)}");
            var message = (JsonObject)fields.Copy(item)!;
            if (message["role"] is not JsonValue role || role.GetValueKind() != JsonValueKind.String || role.GetValue<string>().Length == 0)
                throw new RowException(RowProblem.Malformed, $"message {messages.Count + 1} has no \"role\": {string.Join(", ", Roles[..5])} are known");
            if (!Roles.Contains(role.GetValue<string>()))
                throw new RowException(RowProblem.Malformed, $"message {messages.Count + 1} has the role \"{RowParser.Readable(role.GetValue<string>())}\": known are {string.Join(", ", Roles[..5])}");
            CheckCalls(message, messages.Count + 1);
            message["content"] = Content(message["content"]?.DeepClone(), messages.Count + 1);
            weights.Add(RowFields.IsAnswer(message) && Weight(message, messages.Count + 1));
            messages.Add(message);
        }

        learn = [.. weights];
        return messages;
    }

    /// <summary>The row's tool definitions: a list, or (ShareGPT) a string that holds one.</summary>
    public static JsonArray? Tools(JsonElement row, RowFields fields)
    {
        if (!row.TryGetProperty("tools", out var tools) || tools.ValueKind == JsonValueKind.Null) return null;
        var node = fields.Copy(tools);
        if (node is JsonValue text && text.GetValueKind() == JsonValueKind.String)
        {
            string json = text.GetValue<string>();
            if (string.IsNullOrWhiteSpace(json)) return null;
            node = JsonRows.Inner(json, "\"tools\"");
        }

        return node switch
        {
            JsonArray { Count: 0 } => null,
            JsonArray array => array,
            _ => throw new RowException(RowProblem.Malformed, "\"tools\" must be a list of tool definitions"),
        };
    }

    // Parts of text become one string: templates of text models expect it, and what they do with a list differs.
    private static JsonNode? Content(JsonNode? content, int number)
    {
        if (content is null || (content is JsonValue value && value.GetValueKind() == JsonValueKind.String)) return content;
        if (content is not JsonArray parts) throw new RowException(RowProblem.Malformed, $"the content of message {number} is {RowParser.Kind(content.GetValueKind())}: write it as a string");
        string text = "";
        foreach (var part in parts)
        {
            if (part is not JsonObject known || known["type"] is not JsonValue type || type.GetValueKind() != JsonValueKind.String || type.GetValue<string>() != "text" || known["text"] is not JsonValue words || words.GetValueKind() != JsonValueKind.String)
                throw new RowException(RowProblem.Malformed, $"message {number} has a part that is no {{\"type\":\"text\",\"text\":…}}: only text can be learnt from");
            text += words.GetValue<string>();
        }

        return JsonValue.Create(text);
    }

    // Templates read tool_calls[i].function.name, or .name where it stands without "function"; what else they meet there they print as nothing.
    private static void CheckCalls(JsonObject message, int number)
    {
        if (message["tool_calls"] is not { } calls) return;
        bool good = calls is JsonArray list && list.All(call => call is JsonObject one && (one["function"] as JsonObject ?? one)["name"] is JsonValue name && name.GetValueKind() == JsonValueKind.String);
        if (!good) throw new RowException(RowProblem.Malformed, $"the tool_calls of message {number} must be a list of {{\"function\":{{\"name\",\"arguments\"}}}}");
    }

    private static bool Weight(JsonObject message, int number)
    {
        bool learn = true;
        // "weight" is OpenAI's fine-tuning API, "train" axolotl's. Neither is the template's business.
        foreach (string name in (ReadOnlySpan<string>)["weight", "train"])
        {
            if (!message.Remove(name, out var weight) || weight is null) continue;
            learn &= weight.GetValueKind() switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when weight.GetValue<JsonElement>().TryGetDouble(out double w) && w is 0 or 1 => w == 1,
                _ => throw new RowException(RowProblem.Malformed, $"the {name} of message {number} must be 0 or 1"),
            };
        }

        return learn;
    }
}
