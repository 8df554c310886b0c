using System.Text.Json.Nodes;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Templates;
using Lapwing.Text.Chat;

namespace Lapwing.Cli.Chatting;

/// <summary>What was said so far, in the form that the model wants: through its chat template, or as running text.</summary>
internal sealed class Conversation
{
    private readonly LoadedModel loaded;
    private readonly ChatTemplate? template;
    private readonly string? system;
    private readonly List<(string Role, string Text)> turns = [];

    private Conversation(LoadedModel loaded, ChatTemplate? template, string? system) => (this.loaded, this.template, this.system) = (loaded, template, system);

    /// <summary>An empty conversation.</summary>
    /// <exception cref="InvalidDataException">A system message is given to a model without a chat template, or the template is damaged.</exception>
    public static Conversation Begin(LoadedModel loaded, bool raw, string? system, Surroundings surroundings)
    {
        var template = raw ? null : ChatTemplates.Of(loaded.Text, loaded.Path);
        if (template is null && !raw)
        {
            if (system is not null) throw new InvalidDataException($"{loaded.Path} has no chat template, so that --system has no place; leave it out, or take an instruction-tuned model");
            surroundings.Message("the model has no chat template: it continues the text as it stands");
        }
        return new Conversation(loaded, template, system);
    }

    /// <summary>Ids up to where the answer to <paramref name="text"/> begins.</summary>
    public int[] Encode(string text)
    {
        turns.Add(("user", text));
        if (template is null) return loaded.Tokenizer.Encode(string.Concat(turns.Select(t => t.Text)));
        var messages = new JsonArray();
        if (system is not null) messages.Add(new JsonObject { ["role"] = "system", ["content"] = system });
        foreach (var (role, content) in turns) messages.Add(new JsonObject { ["role"] = role, ["content"] = content });
        return template.Encode(messages);
    }

    /// <summary>The model's answer, part of what it sees next.</summary>
    public void Answered(string text) => turns.Add(("assistant", text));

    /// <summary>Forgets the last turn, which failed.</summary>
    public void Withdraw() => turns.RemoveAt(turns.Count - 1);

    /// <summary>Forgets everything.</summary>
    public void Clear() => turns.Clear();
}
