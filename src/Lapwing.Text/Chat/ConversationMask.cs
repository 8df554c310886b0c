using System.Text.Json.Nodes;

namespace Lapwing.Text.Chat;

/// <summary>Finds the answers of a conversation in what a template makes of it. Every stretch is checked against the text itself: a mask is right or an error.</summary>
internal sealed class ConversationMask(ChatTemplate template, IReadOnlyList<JsonObject> messages, IReadOnlyList<bool> learn, JsonArray? tools)
{
    // Letters that no template trims, splits or escapes, and no conversation contains.
    private const string Sentinel = "LapwingAnswerStandsHere7391";

    private readonly string full = template.Render(Copy(messages, messages.Count), tools, generationPrompt: false);

    public MaskedText Find()
    {
        if (FromBlocks() is { } marked) return marked;
        var spans = new List<(int Start, int End)>();
        for (int i = 0; i < messages.Count; i++)
        {
            if (!learn[i]) continue;
            var (start, end) = ByPrefix(i) ?? BySentinel(i)
                ?? throw new InvalidDataException($"{template.Name}: the answer of message {i + 1} cannot be found in the rendered conversation, so it cannot be learnt: use another template, or one with {{% generation %}} blocks");
            if (spans.Count > 0 && start < spans[^1].End) throw new InvalidDataException($"{template.Name}: the answers of the conversation overlap once rendered, at message {i + 1}");
            if (end > start) spans.Add((start, end));
        }
        return new MaskedText(full, spans);
    }

    // One block for each assistant message, in order; otherwise it is unclear which is whose.
    private MaskedText? FromBlocks()
    {
        if (template.RenderBlocks(Copy(messages, messages.Count), tools) is not { SpansComplete: true } rendering) return null;
        int[] answers = [.. Enumerable.Range(0, messages.Count).Where(i => Role(messages[i]) == "assistant")];
        if (rendering.Generations.Count != answers.Length) return null;
        var spans = new List<(int, int)>();
        for (int a = 0; a < answers.Length; a++)
            if (learn[answers[a]]) spans.Add((rendering.Generations[a].Start, rendering.Generations[a].End));
        return new MaskedText(rendering.Text, spans);
    }

    // The text up to the generation prompt, and up to and with the answer, are both beginnings of the whole.
    private (int, int)? ByPrefix(int i)
    {
        if (Attempt(i, generationPrompt: true) is not { } before || Attempt(i + 1, generationPrompt: false) is not { } after) return null;
        if (after.Length <= before.Length || !after.StartsWith(before, StringComparison.Ordinal) || !full.StartsWith(after, StringComparison.Ordinal)) return null;
        return (before.Length, WithoutTrailingSpace(before.Length, after.Length));
    }

    // The same conversation with the answer replaced shows where it stands; the conversation cut after it shows what ends it.
    private (int, int)? BySentinel(int i)
    {
        if (messages[i]["content"] is not JsonValue value || !value.TryGetValue(out string? content)) return null;
        if (Replaced(i, messages.Count) is not { } whole || Replaced(i, i + 1) is not { } cut) return null;
        int at = whole.IndexOf(Sentinel, StringComparison.Ordinal), cutAt = cut.IndexOf(Sentinel, StringComparison.Ordinal);
        if (at < 0 || cutAt < 0 || whole.IndexOf(Sentinel, at + 1, StringComparison.Ordinal) >= 0 || !full.StartsWith(whole[..at], StringComparison.Ordinal)) return null;
        string tail = cut[(cutAt + Sentinel.Length)..];
        // What ends the turn may be shorter where another message follows (a closing token only at the very end).
        string rest = whole[(at + Sentinel.Length)..];
        int common = 0;
        while (common < tail.Length && common < rest.Length && tail[common] == rest[common]) common++;
        tail = tail[..common];
        foreach (string shown in new[] { content, content.Trim(), content.TrimEnd(), content.TrimStart() })
        {
            int end = at + shown.Length + tail.Length;
            if (end <= full.Length && string.CompareOrdinal(full, at, shown + tail, 0, shown.Length + tail.Length) == 0 && string.CompareOrdinal(full, at + shown.Length, rest, 0, rest.Length) == 0)
                return (at, WithoutTrailingSpace(at, end));
        }
        return null;
    }

    // A line break behind the token that ends a turn is never generated: the turn is over by then.
    private int WithoutTrailingSpace(int start, int end)
    {
        int trimmed = end;
        while (trimmed > start && char.IsWhiteSpace(full[trimmed - 1])) trimmed--;
        return trimmed > start && full[trimmed - 1] is '>' or ']' or '|' ? trimmed : end;
    }

    private string? Attempt(int count, bool generationPrompt)
    {
        try
        {
            return template.Render(Copy(messages, count), tools, generationPrompt);
        }
        catch (InvalidDataException)
        {
            return null; // some templates refuse a conversation that ends in the middle
        }
    }

    private string? Replaced(int i, int count)
    {
        var copy = Copy(messages, count);
        ((JsonObject)copy[i]!)["content"] = Sentinel;
        try
        {
            return template.Render(copy, tools, generationPrompt: false);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string? Role(JsonObject message) => message["role"] is JsonValue role && role.TryGetValue(out string? name) ? name : null;

    private static JsonArray Copy(IReadOnlyList<JsonObject> messages, int count) => [.. messages.Take(count).Select(m => m.DeepClone())];
}
