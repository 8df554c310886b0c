using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training.Data;

/// <summary>Reads the fields of one row, with its placeholders filled, and builds messages.</summary>
internal readonly struct RowFields(RowOrigin origin, Placeholders placeholders)
{
    public RowOrigin Origin => origin;

    /// <summary>The string of that name; null where it is missing or null.</summary>
    /// <exception cref="RowException">It is no string.</exception>
    public string? Text(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        // Numbers and truth values are common answers in data that a script wrote.
        return value.ValueKind switch
        {
            JsonValueKind.String => Fill(value.GetString()!),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw new RowException(RowProblem.Malformed, $"\"{name}\" must be a string, and is {RowParser.Kind(value.ValueKind)}"),
        };
    }

    public string Fill(string text) => placeholders.Fill(text, origin);

    /// <summary>A copy of a JSON value as a tree that can be changed, every string in it filled.</summary>
    public JsonNode? Copy(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var tree = new JsonObject();
                foreach (var property in value.EnumerateObject()) tree[property.Name] = Copy(property.Value);
                return tree;
            case JsonValueKind.Array:
                var list = new JsonArray();
                foreach (var item in value.EnumerateArray()) list.Add(Copy(item));
                return list;
            case JsonValueKind.String:
                return JsonValue.Create(Fill(value.GetString()!));
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(value.Clone());
        }
    }

    /// <summary>A message object.</summary>
    public static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    /// <summary>A conversation that learns from every answer.</summary>
    /// <exception cref="RowException">It has no answer, or an empty one.</exception>
    public ConversationRow Conversation(List<JsonObject> messages, JsonArray? tools = null) => Conversation(messages, tools, [.. messages.Select(IsAnswer)]);

    /// <summary>A conversation that learns from the messages marked.</summary>
    /// <exception cref="RowException">It has no answer, or an empty one.</exception>
    public ConversationRow Conversation(List<JsonObject> messages, JsonArray? tools, bool[] learn)
    {
        if (messages.Count == 0) throw new RowException(RowProblem.Malformed, "the list of messages is empty");
        if (!messages.Any(IsAnswer)) throw new RowException(RowProblem.EmptyAnswer, "no message of the assistant, so nothing to learn: give the last one the role \"assistant\"");
        if (!learn.Contains(true)) throw new RowException(RowProblem.NothingToLearn, "every answer has weight 0");
        for (int i = 0; i < messages.Count; i++)
        {
            if (learn[i] && IsEmpty(messages[i])) throw new RowException(RowProblem.EmptyAnswer, $"message {i + 1} is the assistant's and holds no text");
        }

        return new(origin, messages, tools, learn);
    }

    public static bool IsAnswer(JsonObject message) => message["role"]!.GetValue<string>() == "assistant";

    private static bool IsEmpty(JsonObject message)
    {
        if (message["tool_calls"] is JsonArray { Count: > 0 }) return false;
        return message["content"] switch
        {
            null => true,
            JsonValue text => string.IsNullOrWhiteSpace(text.GetValue<string>()),
            JsonArray parts => parts.Count == 0,
            _ => false,
        };
    }
}
