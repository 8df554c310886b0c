using Lapwing.Text.Templates;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Chat;

/// <summary>The templates of a model by name; each is parsed when it is first wanted, so that a broken one nobody asks for does no harm.</summary>
internal sealed class TemplateSet
{
    // What models trained on ChatML expect (OpenAI's chatml.md); taken only where the vocabulary has its marks.
    private const string ChatMl = """
        {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private readonly Dictionary<string, Lazy<JinjaTemplate>> _templates;
    private readonly string _name;

    public TemplateSet(IReadOnlyDictionary<string, string> sources, string name)
    {
        if (sources.Count == 0) throw new ArgumentException("a model needs at least one chat template", nameof(sources));
        _name = name;
        _templates = sources.ToDictionary(s => s.Key, s => new Lazy<JinjaTemplate>(() => JinjaTemplate.Parse(s.Value, sources.Count == 1 ? name : $"{name} ({s.Key})")));
    }

    public IEnumerable<string> Names => _templates.Keys;

    /// <summary>The rule of Transformers: with tools the one called <c>tool_use</c> where there is one, else <c>default</c>.</summary>
    public JinjaTemplate Choose(bool tools)
    {
        if (tools && _templates.TryGetValue("tool_use", out Lazy<JinjaTemplate>? chosen)) return chosen.Value;
        if (_templates.TryGetValue("default", out chosen)) return chosen.Value;
        return _templates.Count == 1 ? _templates.Values.Single().Value
            : throw new InvalidDataException($"{_name}: the model has the chat templates {string.Join(", ", Names)} and none is called \"default\": say which one to use");
    }

    /// <summary>The templates that a tokenizer brings, or ChatML where its vocabulary shows that this is what the model knows.</summary>
    public static IReadOnlyDictionary<string, string> Of(Tokenizer tokenizer, string name, string? source)
    {
        var sources = new Dictionary<string, string>(tokenizer.ChatTemplates);
        if ((source ?? tokenizer.ChatTemplate) is { } own) sources["default"] = own;
        if (sources.Count > 0) return sources;
        if (tokenizer.Find("<|im_start|>") is not null && tokenizer.Find("<|im_end|>") is not null) return new Dictionary<string, string> { ["default"] = ChatMl };
        throw new InvalidDataException($"{name} has no chat template, and its vocabulary lacks ChatML's marks: it is probably a base model; let it continue plain text, or give it the template it was tuned with");
    }
}
