using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Cli.Store;
using Lapwing.Models;
using Lapwing.Cli.Templates;
using Lapwing.Text.Templates;

namespace Lapwing.Cli.Commands;

/// <summary><c>template</c>: a rendered prompt, exactly as the model would see it.</summary>
internal static class TemplateCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string?>("MODEL") { Description = "whose chat template", Arity = ArgumentArity.ZeroOrOne };
        var messages = new Option<string?>("--messages") { Description = "JSON array of {\"role\", \"content\"}", HelpName = "FILE" };
        var tools = new Option<string?>("--tools") { Description = "JSON array of tools", HelpName = "FILE" };
        var noPrompt = new Option<bool>("--no-generation-prompt") { Description = "without the beginning of an answer at the end" };
        var template = new Option<string?>("--template") { Description = "render this Jinja template instead of a model's", HelpName = "FILE" };
        var context = new Option<string?>("--context") { Description = "JSON object with the template's variables", HelpName = "FILE" };
        var now = new Option<string?>("--now") { Description = "the time that the template sees, such as 2026-01-02T03:04:05", HelpName = "ISO-TIME" };
        var command = new Command("template", "Render a chat template: MODEL with --messages, or any Jinja --template with its --context") { model, messages, tools, noPrompt, template, context, now };
        command.SetAction(parsed =>
        {
            string? named = parsed.GetValue(model), messagesFile = parsed.GetValue(messages), templateFile = parsed.GetValue(template), contextFile = parsed.GetValue(context);
            var options = new JinjaOptions { Now = parsed.GetValue(now) is { } time ? Time(time) : null };
            string text;
            if (templateFile is not null && contextFile is not null && named is null && messagesFile is null)
                text = JinjaTemplate.Parse(TextInput.Read(templateFile), templateFile).Render(Object(contextFile), options);
            else if (named is not null && messagesFile is not null && templateFile is null && contextFile is null)
                text = OfModel(ModelPath.Resolve(named, surroundings), messagesFile, parsed.GetValue(tools), !parsed.GetValue(noPrompt), options);
            else
                throw new UsageException("give MODEL and --messages FILE, or --template FILE and --context FILE");
            if (surroundings.Json)
            {
                surroundings.WriteJson(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("text", text);
                    json.WriteEndObject();
                });
            }
            else surroundings.Out.Write(text);
        });
        return command;
    }

    private static string OfModel(string path, string messagesFile, string? toolsFile, bool generationPrompt, JinjaOptions options)
    {
        var prompt = ChatTemplates.Of(ModelText.Open(path), path, options) ?? throw new InvalidDataException($"{path} has no chat template; it is a base model, or its template was left out when it was converted");
        var messages = JsonInput.Read(messagesFile);
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) throw new InvalidDataException($"{messagesFile} must hold a JSON array of messages, such as [{{\"role\": \"user\", \"content\": \"Hello\"}}]");
        JsonElement? tools = toolsFile is null ? null : JsonInput.Read(toolsFile);
        if (tools is { ValueKind: not JsonValueKind.Array }) throw new InvalidDataException($"{toolsFile} must hold a JSON array of tools");
        return prompt.Render(messages, tools, generationPrompt);
    }

    private static JsonElement Object(string path)
    {
        var root = JsonInput.Read(path);
        return root.ValueKind == JsonValueKind.Object ? root : throw new InvalidDataException($"{path} must hold a JSON object: the template's variables by name");
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw new UsageException($"--now takes a time such as 2026-01-02T03:04:05, not '{text}'");
}
