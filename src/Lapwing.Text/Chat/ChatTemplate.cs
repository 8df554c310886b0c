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
    private readonly TemplateSet _templates;
    private readonly Tokenizer _tokenizer;
    private readonly JinjaOptions _options;

    /// <summary>The template <paramref name="source"/> of the model whose tokenizer this is.</summary>
    /// <param name="source">Jinja.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="name">Where it came from, for messages.</param>
    /// <param name="options">Clock and bounds.</param>
    /// <exception cref="InvalidDataException">It does not parse.</exception>
    public ChatTemplate(string source, Tokenizer tokenizer, string name, JinjaOptions? options = null)
        : this(new Dictionary<string, string> { ["default"] = source }, tokenizer, name, options) => _ = _templates.Choose(false);

    /// <summary>Several named templates of one model: <c>tool_use</c> serves where tools are given, <c>default</c> otherwise.</summary>
    /// <exception cref="ArgumentException"><paramref name="sources"/> is empty.</exception>
    public ChatTemplate(IReadOnlyDictionary<string, string> sources, Tokenizer tokenizer, string name, JinjaOptions? options = null)
    {
        _templates = new TemplateSet(sources, name);
        (_tokenizer, _options, Name) = (tokenizer, options ?? JinjaOptions.Default, name);
        EndMarks = [.. tokenizer.EndOfGeneration.Select(tokenizer.TokenText).Where(text => text.Length > 0)];
    }

    /// <summary>
    /// The templates to use with a model: what the tokenizer's files bring, with <paramref name="source"/>, where one is given, in place of
    /// the default; where there is none at all ChatML, but only if the vocabulary has ChatML's marks.
    /// </summary>
    /// <exception cref="InvalidDataException">There is none, or it does not parse.</exception>
    public static ChatTemplate For(Tokenizer tokenizer, string name, string? source = null, JinjaOptions? options = null) =>
        new(TemplateSet.Of(tokenizer, name, source), tokenizer, name, options);

    /// <summary>The text of the template that serves without tools.</summary>
    /// <exception cref="InvalidDataException">There are several and none is the default.</exception>
    public string Source => _templates.Choose(tools: false).Source;

    /// <summary>The names of the model's templates.</summary>
    public IEnumerable<string> Names => _templates.Names;

    /// <summary>Spellings of the tokens that end an answer.</summary>
    public IReadOnlyList<string> EndMarks { get; }

    internal string Name { get; }

    /// <summary>Spellings of all tokens that are marks rather than text.</summary>
    internal IReadOnlyList<string> SpecialTexts => field ??=
        [.. Enumerable.Range(0, _tokenizer.VocabularySize).Where(_tokenizer.IsSpecial).Select(_tokenizer.TokenText).Where(text => text.Length > 1)];

    /// <summary>The prompt.</summary>
    /// <param name="messages">A <see cref="JsonArray"/> or <see cref="JsonElement"/> of messages, given to the template as they are.</param>
    /// <param name="tools">Descriptions of functions, or null.</param>
    /// <param name="generationPrompt">Whether the text ends where the answer is to begin.</param>
    /// <param name="extra">Further variables of the template, such as <c>enable_thinking</c>; they go before what is set here.</param>
    /// <exception cref="InvalidDataException">The template refuses the conversation.</exception>
    public string Render(object messages, object? tools = null, bool generationPrompt = true, IReadOnlyDictionary<string, object?>? extra = null) =>
        _templates.Choose(HasTools(tools)).Render(Context(messages, tools, generationPrompt, extra), _options);

    /// <summary>The prompt. Arguments of tool calls are given as objects, or as JSON text to a template that fails on objects.</summary>
    /// <inheritdoc cref="Render(object, object?, bool, IReadOnlyDictionary{string, object?}?)"/>
    public string Render(IReadOnlyList<ChatMessage> messages, JsonArray? tools = null, bool generationPrompt = true, IReadOnlyDictionary<string, object?>? extra = null)
    {
        try
        {
            return Render(ToJson(messages, false), tools, generationPrompt, extra);
        }
        catch (InvalidDataException) when (messages.Any(m => m.HasArguments) && TryRender(ToJson(messages, true), tools, generationPrompt, extra) is not null)
        {
            return Render(ToJson(messages, true), tools, generationPrompt, extra);
        }
    }

    /// <summary>The prompt's ids, ready for an answer.</summary>
    /// <exception cref="InvalidDataException">The template refuses the conversation.</exception>
    public int[] Encode(object messages, object? tools = null, IReadOnlyDictionary<string, object?>? extra = null) => Encode(Render(messages, tools, true, extra));

    /// <inheritdoc cref="Encode(object, object?, IReadOnlyDictionary{string, object?}?)"/>
    public int[] Encode(IReadOnlyList<ChatMessage> messages, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? extra = null) => Encode(Render(messages, tools, true, extra));

    /// <summary>
    /// A whole conversation for training, with the answers that carry loss marked. The marks come from the template's own
    /// <c>{% generation %}</c> blocks, or from rendering the conversation up to each answer, or from rendering it with the answer's text
    /// replaced. Where the template leaves the last answer open, the mark that would end it is added, so that stopping is learnt.
    /// </summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="learn">For each message whether it carries loss; only the assistant's may.</param>
    /// <param name="tools">Descriptions of functions, or null.</param>
    /// <param name="extra">Further variables of the template.</param>
    /// <exception cref="ArgumentException">There are not as many marks as messages.</exception>
    /// <exception cref="InvalidDataException">The template refuses the conversation, or an answer cannot be found in what it makes of it.</exception>
    public MaskedText RenderWithMask(IReadOnlyList<JsonObject> messages, IReadOnlyList<bool> learn, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? extra = null)
    {
        if (learn.Count != messages.Count) throw new ArgumentException($"{learn.Count} marks for {messages.Count} messages", nameof(learn));
        // All renderings of one conversation must see the same clock.
        var still = new ConversationRenderer(_templates.Choose(HasTools(tools)), _options with { Now = _options.Now ?? DateTimeOffset.Now },
            (array, prompt) => Context(array, tools, prompt, extra), messages);
        return new ConversationMask(this, still, messages, learn).Find();
    }

    /// <summary>A whole conversation for training, with the assistant's answers marked.</summary>
    /// <inheritdoc cref="RenderWithMask(IReadOnlyList{JsonObject}, IReadOnlyList{bool}, JsonArray?, IReadOnlyDictionary{string, object?}?)"/>
    public MaskedText RenderWithMask(IReadOnlyList<ChatMessage> messages, LearntAnswers answers = LearntAnswers.All, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? extra = null)
    {
        bool[] learn = [.. messages.Select(m => m.Role == "assistant")];
        if (answers == LearntAnswers.Last)
        {
            int last = Array.LastIndexOf(learn, true);
            for (int i = 0; i < last; i++) learn[i] = false;
        }
        bool text = messages.Any(m => m.HasArguments) && TryRender(ToJson(messages, false), tools, false, extra) is null;
        return RenderWithMask([.. messages.Select(m => m.ToJson(text))], learn, tools, extra);
    }

    private static bool HasTools(object? tools) => tools switch
    {
        null => false,
        JsonArray array => array.Count > 0,
        JsonElement element => element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0,
        System.Collections.ICollection list => list.Count > 0,
        _ => true,
    };

    private string? TryRender(JsonArray messages, JsonArray? tools, bool generationPrompt, IReadOnlyDictionary<string, object?>? extra)
    {
        try
        {
            return Render(messages, tools, generationPrompt, extra);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static JsonArray ToJson(IReadOnlyList<ChatMessage> messages, bool argumentsAsText) => [.. messages.Select(m => m.ToJson(argumentsAsText))];

    private int[] Encode(string prompt)
    {
        int[] ids = _tokenizer.Encode(prompt, addSpecial: false, parseSpecial: true);
        // Templates that leave BOS to the tokenizer are completed; those that spell it out do not get it twice.
        return _tokenizer.AddsBos && _tokenizer.BosId is { } bos && (ids.Length == 0 || ids[0] != bos) ? [bos, .. ids] : ids;
    }

    private Dictionary<string, object?> Context(object messages, object? tools, bool generationPrompt, IReadOnlyDictionary<string, object?>? extra)
    {
        var context = new Dictionary<string, object?> { ["messages"] = messages, ["tools"] = tools, ["documents"] = null, ["add_generation_prompt"] = generationPrompt };
        foreach (var (name, id) in new[] { ("bos_token", _tokenizer.BosId), ("eos_token", _tokenizer.EosId), ("unk_token", _tokenizer.UnknownId), ("pad_token", _tokenizer.PadId) })
            if (id is { } token) context[name] = _tokenizer.TokenText(token);
        // Templates put bos_token into the text without asking whether there is one.
        context.TryAdd("bos_token", "");
        context.TryAdd("eos_token", "");
        if (extra is null) return context;
        foreach ((string name, object? value) in extra) context[name] = value;
        return context;
    }
}
