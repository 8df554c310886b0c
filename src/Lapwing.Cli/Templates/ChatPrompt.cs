using System.Text.Json;
using System.Text.Json.Nodes;
using Lapwing.Models;
using Lapwing.Text.Templates;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Templates;

/// <summary>A model's chat template with what it may ask for: the spellings of the special tokens.</summary>
internal sealed class ChatPrompt
{
    private readonly Tokenizer tokenizer;

    private ChatPrompt(JinjaTemplate template, Tokenizer tokenizer)
    {
        (Template, this.tokenizer) = (template, tokenizer);
        EndMarks = [.. tokenizer.EndOfGeneration.Select(tokenizer.TokenText).Where(text => text.Length > 0)];
    }

    /// <summary>The template itself.</summary>
    public JinjaTemplate Template { get; }

    /// <summary>Spellings of the tokens that end an answer.</summary>
    public IReadOnlyList<string> EndMarks { get; }

    /// <summary>The model's template, or null for a base model.</summary>
    /// <exception cref="InvalidDataException">The template does not parse.</exception>
    public static ChatPrompt? Of(ModelText text, string path) =>
        text.ChatTemplate is { } source ? new ChatPrompt(JinjaTemplate.Parse(source, $"the chat template of {path}"), text.Tokenizer) : null;

    /// <summary>Renders messages that stand in a file.</summary>
    public string Render(JsonElement messages, JsonElement? tools, bool generationPrompt, JinjaOptions? options = null) => Template.Render(Context(messages, tools, generationPrompt), options);

    /// <summary>Ids of a conversation, ready for an answer.</summary>
    public int[] Encode(JsonArray messages)
    {
        string text = Template.Render(Context(messages, null, true));
        int[] ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
        // Templates that leave BOS to the tokenizer are completed; those that spell it out do not get it twice.
        return tokenizer.AddsBos && tokenizer.BosId is { } bos && (ids.Length == 0 || ids[0] != bos) ? [bos, .. ids] : ids;
    }

    /// <summary>The variables that a chat template may use.</summary>
    public Dictionary<string, object?> Context(object messages, object? tools, bool generationPrompt)
    {
        var context = new Dictionary<string, object?> { ["messages"] = messages, ["tools"] = tools, ["documents"] = null, ["add_generation_prompt"] = generationPrompt };
        foreach (var (name, id) in new[] { ("bos_token", tokenizer.BosId), ("eos_token", tokenizer.EosId), ("unk_token", tokenizer.UnknownId), ("pad_token", tokenizer.PadId) })
            if (id is { } token) context[name] = tokenizer.TokenText(token);
        // Templates put bos_token into the text without asking whether there is one.
        context.TryAdd("bos_token", "");
        context.TryAdd("eos_token", "");
        return context;
    }
}
