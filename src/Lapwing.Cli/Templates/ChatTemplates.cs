using Lapwing.Models;
using Lapwing.Text.Chat;
using Lapwing.Text.Templates;

namespace Lapwing.Cli.Templates;

/// <summary>From a model's text to its chat template.</summary>
internal static class ChatTemplates
{
    /// <summary>The model's template, or null for a base model.</summary>
    /// <exception cref="InvalidDataException">It does not parse.</exception>
    public static ChatTemplate? Of(ModelText text, string path, JinjaOptions? options = null) =>
        text.ChatTemplate is { } source ? new ChatTemplate(source, text.Tokenizer, $"the chat template of {path}", options) : null;
}
