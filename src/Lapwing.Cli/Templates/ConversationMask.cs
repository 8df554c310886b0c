using System.Text.Json.Nodes;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Templates;

/// <summary>
/// Marks what is to be learnt in a rendered conversation: the answers and the token that ends each. A template that says it itself
/// (<c>{% generation %}</c>) rules; else an answer is what rendering one message more adds to the conversation up to the answer's beginning.
/// </summary>
internal static class ConversationMask
{
    /// <summary>Renders <paramref name="row"/> and marks its answers.</summary>
    /// <exception cref="InvalidDataException">The template refuses the conversation, or rewrites earlier turns, so that no answer can be told from the rest.</exception>
    public static RenderedText Render(ChatPrompt prompt, ConversationRow row)
    {
        if (prompt.Template.HasGenerationBlocks && Marked(prompt, row) is { } marked) return marked;
        string whole = Text(prompt, row, row.Messages.Count, generationPrompt: false);
        var learn = new List<(int, int)>();
        for (int i = 0; i < row.Messages.Count; i++)
        {
            if (!row.Learn[i]) continue;
            string before = Text(prompt, row, i, generationPrompt: true), with = Text(prompt, row, i + 1, generationPrompt: false);
            if (!with.StartsWith(before, StringComparison.Ordinal))
            {
                // Some templates begin an answer with more than they keep of it (an empty thought): then the answer begins where the question ends.
                before = Text(prompt, row, i, generationPrompt: false);
                before = with[..Common(with, before)];
            }
            if (!whole.StartsWith(with, StringComparison.Ordinal) && i < row.Messages.Count - 1) throw new InvalidDataException("the chat template writes an answer otherwise once the conversation goes on, so that its tokens cannot be told; train on single turns, or add {% generation %} to the template");
            learn.Add((before.Length, End(prompt, with, before.Length)));
        }
        return new RenderedText(whole, learn);
    }

    private static RenderedText? Marked(ChatPrompt prompt, ConversationRow row)
    {
        var rendering = prompt.Template.RenderWithSpans(prompt.Context(Messages(row, row.Messages.Count), row.Tools, false));
        int answers = row.Messages.Count(m => Role(m) == "assistant");
        if (!rendering.SpansComplete || rendering.Generations.Count != answers) return null;
        var learn = new List<(int, int)>();
        int next = 0;
        for (int i = 0; i < row.Messages.Count; i++)
        {
            if (Role(row.Messages[i]) != "assistant") continue;
            var span = rendering.Generations[next++];
            if (row.Learn[i]) learn.Add((span.Start, span.End));
        }
        return new RenderedText(rendering.Text, learn);
    }

    private static string Text(ChatPrompt prompt, ConversationRow row, int count, bool generationPrompt) =>
        count == 0 && !generationPrompt ? "" : prompt.Template.Render(prompt.Context(Messages(row, count), row.Tools, generationPrompt));

    private static List<JsonObject> Messages(ConversationRow row, int count) => [.. row.Messages.Take(count)];

    private static string? Role(JsonObject message) => message.TryGetPropertyValue("role", out var role) && role is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    // The line feed that follows an end mark belongs to the frame, not to the answer: the model stops at the mark and never writes it.
    private static int End(ChatPrompt prompt, string text, int start)
    {
        string trimmed = text.TrimEnd();
        return trimmed.Length > start && prompt.EndMarks.Any(mark => trimmed.EndsWith(mark, StringComparison.Ordinal)) ? trimmed.Length : text.Length;
    }

    private static int Common(string a, string b)
    {
        int length = 0, most = Math.Min(a.Length, b.Length);
        while (length < most && a[length] == b[length]) length++;
        return length;
    }
}
