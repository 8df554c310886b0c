using System.Text.Json.Nodes;
using Lapwing.Text.Templates;

namespace Lapwing.Text.Chat;

/// <summary>Renders one conversation in variants: cut short, with an answer replaced, with a message more. A refusal is null.</summary>
internal sealed class ConversationRenderer(JinjaTemplate template, JinjaOptions options, Func<JsonArray, bool, Dictionary<string, object?>> context, IReadOnlyList<JsonObject> messages)
{
    private readonly Dictionary<(int, bool), string?> _cut = [];

    /// <exception cref="InvalidDataException">The template refuses the conversation.</exception>
    public JinjaRendering Whole() => template.RenderWithSpans(context(Copy(messages.Count), false), options);

    public bool HasBlocks => template.HasGenerationBlocks;

    /// <summary>The whole conversation with one message replaced, and its generation blocks.</summary>
    public JinjaRendering? Blocks(int message, string by, bool text)
    {
        JsonArray copy = Copy(messages.Count);
        return Replace((JsonObject)copy[message]!, by, text) ? Try(() => template.RenderWithSpans(context(copy, false), options)) : null;
    }

    /// <summary>The first messages, with or without the generation prompt after them.</summary>
    public string? First(int count, bool generationPrompt)
    {
        if (_cut.TryGetValue((count, generationPrompt), out string? known)) return known;
        return _cut[(count, generationPrompt)] = Text(Copy(count), generationPrompt);
    }

    /// <summary>Whether a message has text of its own, or at least nothing else.</summary>
    public bool HasText(int message) => messages[message]["content"] switch
    {
        JsonValue value => value.TryGetValue(out string? text) && (text.Length > 0 || messages[message]["tool_calls"] is null),
        JsonArray parts => parts.Count > 0,
        _ => false,
    };

    /// <summary>The first messages with one's text replaced, or else the name of the function it calls; null also where it has no such thing.</summary>
    public string? Replaced(int message, string by, bool text, int count)
    {
        JsonArray copy = Copy(count);
        return Replace((JsonObject)copy[message]!, by, text) ? Text(copy, false) : null;
    }

    /// <summary>Whether what a message says stands before all that the tools answer it.</summary>
    public bool ComesFirst(int message, string by, string later, bool text)
    {
        JsonArray copy = Copy(messages.Count);
        Replace((JsonObject)copy[message]!, by, text);
        bool any = false;
        for (int i = message + 1; i < messages.Count && messages[i]["role"] is JsonValue role && role.TryGetValue(out string? name) && name == "tool"; i++)
            any |= Replace((JsonObject)copy[i]!, later, text: true);
        if (!any) return true;
        return Text(copy, false) is { } rendered && rendered.IndexOf(later, StringComparison.Ordinal) is var found && (found < 0 || found > rendered.IndexOf(by, StringComparison.Ordinal));
    }

    /// <summary>How many characters stand between what the messages before have to say and what this one says; null where that cannot be seen.</summary>
    public int? RoomBefore(int message, string by, string other, bool text) => Room(message, by, other, text, 0) ?? (message > 0 ? Room(message, by, other, text, message - 1) : null);

    private int? Room(int message, string by, string other, bool text, int from)
    {
        JsonArray copy = Copy(messages.Count);
        Replace((JsonObject)copy[message]!, by, text);
        for (int i = from; i < message; i++)
        {
            if (HasText(i)) Replace((JsonObject)copy[i]!, other, text: true);
        }
        if (Text(copy, false) is not { } rendered || rendered.IndexOf(by, StringComparison.Ordinal) is not (>= 0 and var place)) return null;
        int before = rendered.AsSpan(0, place).LastIndexOf(other);
        return before < 0 ? place : place - before - other.Length;
    }

    private static bool Replace(JsonObject message, string by, bool text)
    {
        if (!text)
        {
            if ((message["tool_calls"] as JsonArray)?.FirstOrDefault() is not JsonObject call) return false;
            JsonObject function = call["function"] as JsonObject ?? call;
            if (function["name"] is null) return false;
            function["name"] = by;
            return true;
        }
        if (message["content"] is JsonArray parts)
        {
            if (!parts.All(p => p is JsonObject part && part["type"] is JsonValue type && type.TryGetValue(out string? kind) && kind == "text")) return false;
            message["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = by });
            return true;
        }
        message["content"] = by;
        return true;
    }

    /// <summary>All messages and another of the user's.</summary>
    public string? Continued() => Text([.. Copy(messages.Count).Select(m => m!.DeepClone()), new JsonObject { ["role"] = "user", ["content"] = "x" }], false);

    private string? Text(JsonArray some, bool generationPrompt) => Try(() => template.Render(context(some, generationPrompt), options));

    private static T? Try<T>(Func<T> render) where T : class
    {
        try
        {
            return render();
        }
        catch (InvalidDataException)
        {
            return null; // some templates refuse a conversation that ends in the middle
        }
    }

    private JsonArray Copy(int count) => [.. messages.Take(count).Select(m => m.DeepClone())];
}
