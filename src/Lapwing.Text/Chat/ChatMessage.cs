using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Text.Chat;

/// <summary>One message of a conversation, with the fields that chat templates look for. What is null is left out of what a template sees.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> or whatever else the template knows.</param>
/// <param name="Content">The text; null where the message has none, or has <see cref="Parts"/>.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>The content as typed parts (<c>{"type": "text", "text": …}</c>, <c>{"type": "image"}</c>), instead of <see cref="Content"/>.</summary>
    public JsonArray? Parts { get; init; }

    /// <summary>Calls the assistant makes: <c>[{"id", "type": "function", "function": {"name", "arguments"}}]</c>.</summary>
    public JsonArray? ToolCalls { get; init; }

    /// <summary>Which call a message of role <c>tool</c> answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The speaker's or the function's name.</summary>
    public string? Name { get; init; }

    /// <summary>What the assistant thought before it answered.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The message as templates want it: the arguments of calls as objects, even where they came as JSON text.</summary>
    public JsonObject ToJson() => ToJson(argumentsAsText: false);

    /// <summary>Reads a message of OpenAI's form; members it does not know are passed over.</summary>
    /// <exception cref="InvalidDataException">It has no role, or a member is of the wrong kind.</exception>
    public static ChatMessage FromJson(JsonObject message)
    {
        string role = Text(message, "role") ?? throw new InvalidDataException("a message of the conversation has no \"role\"");
        JsonNode? content = message["content"];
        if (content is not (null or JsonArray) && content.GetValueKind() != JsonValueKind.String)
            throw new InvalidDataException($"the \"content\" of a message must be text or a list of parts, not {content.GetValueKind()}");
        if (message["tool_calls"] is not (null or JsonArray)) throw new InvalidDataException("the \"tool_calls\" of a message must be a list");
        return new ChatMessage(role, content is JsonArray ? null : Text(message, "content"))
        {
            Parts = (content as JsonArray)?.DeepClone() as JsonArray,
            ToolCalls = message["tool_calls"]?.DeepClone() as JsonArray,
            ToolCallId = Text(message, "tool_call_id"),
            Name = Text(message, "name"),
            ReasoningContent = Text(message, "reasoning_content") ?? Text(message, "reasoning"),
        };
    }

    internal bool HasArguments => ToolCalls?.Any(c => (c as JsonObject)?["function"] is JsonObject f && f["arguments"] is not null) ?? false;

    internal JsonObject ToJson(bool argumentsAsText)
    {
        var json = new JsonObject { ["role"] = Role };
        // Templates compare with none and concatenate; a missing content fails where an empty one passes, so calls without text keep null.
        json["content"] = Parts is not null ? Parts.DeepClone() : Content;
        if (ReasoningContent is not null) json["reasoning_content"] = ReasoningContent;
        if (Name is not null) json["name"] = Name;
        if (ToolCallId is not null) json["tool_call_id"] = ToolCallId;
        if (ToolCalls is null) return json;
        JsonNode calls = ToolCalls.DeepClone();
        foreach (JsonNode? call in calls.AsArray())
        {
            if ((call as JsonObject)?["function"] is JsonObject function && function["arguments"] is { } arguments) function["arguments"] = Arguments(arguments, argumentsAsText);
        }
        json["tool_calls"] = calls;
        return json;
    }

    private static JsonNode Arguments(JsonNode arguments, bool asText)
    {
        bool isText = arguments.GetValueKind() == JsonValueKind.String;
        if (isText == asText) return arguments.DeepClone();
        if (asText) return arguments.ToJsonString();
        try
        {
            return JsonNode.Parse(arguments.GetValue<string>()) is JsonObject parsed ? parsed : arguments.DeepClone();
        }
        catch (JsonException)
        {
            return arguments.DeepClone();
        }
    }

    private static string? Text(JsonObject message, string name) => message[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw new InvalidDataException($"the \"{name}\" of a message must be text"),
    };
}
