using System.CommandLine;
using Lapwing.Cli.Chatting;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;
using Lapwing.Generation;

namespace Lapwing.Cli.Commands;

/// <summary><c>run MODEL [PROMPT]</c>: one answer, or a chat.</summary>
internal static class RunCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("run", "One answer to a prompt, or a chat where no prompt is given");
        var engine = new EngineOptions().AddTo(command);
        var prompt = new Argument<string?>("PROMPT") { Description = "what to say to the model; '-' reads standard input", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(prompt);
        var most = Numbers.Whole("--max-tokens", "tokens of the answer at most (default: until the model ends)", -1, int.MaxValue, "-n", "--predict");
        var context = Numbers.Whole("--ctx", "tokens at most, prompt and answer together (default: what the model was trained for)", 1, 1 << 24, "-c");
        var system = new Option<string?>("--system") { Description = "a system message first", HelpName = "TEXT" };
        var raw = new Option<bool>("--raw") { Description = "no chat template: continue the prompt as it stands" };
        var stop = new Option<string[]>("--stop") { Description = "end the answer where this text appears; repeatable", HelpName = "TEXT" };
        var ignoreEnd = new Option<bool>("--ignore-eos") { Description = "forbid the tokens that end an answer" };
        foreach (Option option in new Option[] { most, context, system, raw, stop, ignoreEnd }) command.Options.Add(option);
        var sampler = new SamplerSettings().AddTo(command);
        command.SetAction(parsed =>
        {
            string? given = parsed.GetValue(prompt);
            if (given == "-" || (given is null && surroundings.Json)) given = surroundings.Input.ReadToEnd();
            if (given is { Length: 0 }) throw new UsageException("the prompt is empty; say something, or leave it out to chat");
            if ((parsed.GetValue(stop) ?? []).Any(s => s.Length == 0)) throw new UsageException("--stop takes a text, not nothing");
            if (parsed.GetValue(raw) && parsed.GetValue(system) is not null) throw new UsageException("--system needs the chat template, which --raw leaves out");
            var options = new GenerationOptions
            {
                // −1 is llama.cpp's word for no bound.
                MaxTokens = parsed.GetValue(most) is { } n and >= 0 ? n : null,
                StopStrings = parsed.GetValue(stop) ?? [],
                IgnoreEndOfGeneration = parsed.GetValue(ignoreEnd),
                Sampler = sampler.Read(parsed),
            };
            int? length = parsed.GetValue(context);
            using var loaded = engine.Load(parsed, surroundings, length);
            Warn(loaded, length, surroundings);
            using var generator = new TextGenerator(loaded.Model, loaded.Tokenizer, loaded.Arithmetic, length, loaded.LoadTime);
            var conversation = Conversation.Begin(loaded, parsed.GetValue(raw), parsed.GetValue(system), surroundings);
            if (given is null) Chat.Hold(conversation, generator, options, surroundings);
            else OneAnswer.Give(conversation.Encode(given), loaded, generator, options, surroundings);
        });
        return command;
    }

    private static void Warn(LoadedModel loaded, int? context, Surroundings surroundings)
    {
        foreach (string warning in loaded.Tokenizer.Warnings) surroundings.Message($"warning: {Wording.Printable(warning)}");
        if (context > loaded.Model.Info.ContextLength)
            surroundings.Message($"warning: --ctx {context} is more than the {loaded.Model.Info.ContextLength} tokens that the model was trained for; expect worse answers beyond them");
    }
}
