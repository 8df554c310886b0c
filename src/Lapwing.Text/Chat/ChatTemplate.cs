using System.Text.Json;
using System.Text.Json.Nodes;
using Lapwing.Text.Templates;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Chat;

/// <summary>
/// A model's chat template with what it may ask for. One piece of code makes the prompts of a chat, of training and of evaluation: the most
/// common way to ruin a tune is to let them differ.
/// </summary>
public sealed class ChatTemplate
{
    private readonly JinjaTemplate template;
    private readonly Tokenizer tokenizer;
    private readonly JinjaOptions? options;

    /// <summary>The template <paramref name="source"/> of the model whose tokenizer this is.</summary>
    /// <param name="source">Jinja.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="name">Where it came from, for messages.</param>
    /// <param name="options">Clock and bounds.</param>
    /// <exception cref="InvalidDataException">It does not parse.</exception>
    public ChatTemplate(string source, Tokenizer tokenizer, string name, JinjaOptions? options = null) =>
        (template, this.tokenizer, this.options) = (JinjaTemplate.Parse(source, name), tokenizer, options);

    /// <summary>The template's own text.</summary>
    public string Source => template.Source;

    /// <summary>The prompt.</summary>
    /// <param name="messages">A <see cref="JsonArray"/> or <see cref="JsonElement"/> of messages.</param>
    /// <param name="tools">Descriptions of functions, or null.</param>
    /// <param name="generationPrompt">Whether the text ends where the answer is to begin.</param>
    /// <exception cref="InvalidDataException">The template refuses the conversation.</exception>
    public string Render(object messages, object? tools = null, bool generationPrompt = true) => template.Render(Context(messages, tools, generationPrompt), options);

    /// <summary>The prompt's ids, ready for an answer.</summary>
    public int[] Encode(object messages, object? tools = null)
    {
        int[] ids = tokenizer.Encode(Render(messages, tools), addSpecial: false, parseSpecial: true);
        // Templates that leave BOS to the tokenizer are completed; those that spell it out do not get it twice.
        return tokenizer.AddsBos && tokenizer.BosId is { } bos && (ids.Length == 0 || ids[0] != bos) ? [bos, .. ids] : ids;
    }

    /// <summary>
    /// A whole conversation for training, with the answers that carry loss marked. The marks come from the template's own
    /// <c>{% generation %}</c> blocks, or from rendering the conversation up to each answer, or from rendering it with the answer's text replaced.
    /// </summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="learn">For each message whether it carries loss; only the assistant's may.</param>
    /// <param name="tools">Descriptions of functions, or null.</param>
    /// <exception cref="InvalidDataException">The template refuses the conversation, or the answer cannot be found in what it makes of it.</exception>
    public MaskedText RenderWithMask(IReadOnlyList<JsonObject> messages, IReadOnlyList<bool> learn, JsonArray? tools = null)
    {
        if (learn.Count != messages.Count) throw new ArgumentException($"{learn.Count} marks for {messages.Count} messages", nameof(learn));
        return new ConversationMask(this, messages, learn, tools).Find();
    }

    internal string Name => template.Name;

    internal JinjaRendering? RenderBlocks(JsonArray messages, JsonArray? tools) =>
        template.HasGenerationBlocks ? template.RenderWithSpans(Context(messages, tools, false), options) : null;

    private Dictionary<string, object?> Context(object messages, object? tools, bool generationPrompt)
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
