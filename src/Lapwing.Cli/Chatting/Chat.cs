using Lapwing.Cli.Host;
using Lapwing.Generation;

namespace Lapwing.Cli.Chatting;

/// <summary>A chat, line by line: on a terminal with a prompt, from a pipe without.</summary>
internal static class Chat
{
    private const string Help = "/clear forgets the conversation, /exit (or Ctrl-D) ends it, Ctrl-C ends an answer";

    public static void Hold(Conversation conversation, TextGenerator generator, GenerationOptions options, Surroundings surroundings)
    {
        bool person = surroundings.InputIsTerminal;
        var interruption = surroundings.Interruption;
        if (person) surroundings.Message(Help);
        while (true)
        {
            if (person && !surroundings.Quiet) surroundings.Error.Write("> ");
            string? line = surroundings.Input.ReadLine();
            interruption.Token.ThrowIfCancellationRequested();
            if (line is null || line.Trim() is "/exit" or "/bye" or "/quit") break;
            if (line.Trim() == "/clear")
            {
                conversation.Clear();
                continue;
            }
            if (line.Trim() is "/help" or "/?")
            {
                surroundings.Message(Help);
                continue;
            }
            if (string.IsNullOrWhiteSpace(line)) continue;
            Answer(line, conversation, generator, options, surroundings);
        }
        if (person && !surroundings.Quiet) surroundings.Error.WriteLine();
    }

    private static void Answer(string line, Conversation conversation, TextGenerator generator, GenerationOptions options, Surroundings surroundings)
    {
        using var turn = surroundings.Interruption.BeginTurn();
        try
        {
            var result = OneAnswer.Stream(generator, conversation.Encode(line), options, surroundings, turn.Token);
            conversation.Answered(result.Text);
            surroundings.Message(OneAnswer.Describe(result));
        }
        catch (OperationCanceledException) when (!surroundings.Interruption.Token.IsCancellationRequested)
        {
            conversation.Withdraw();
            surroundings.Message("stopped; the question and its answer are forgotten");
        }
        catch (ArgumentException e) when (surroundings.InputIsTerminal)
        {
            // A prompt that does not fit the context ends the turn, not the chat.
            conversation.Withdraw();
            surroundings.Error.WriteLine("error: " + Failure.OneLine(e.Message));
        }
    }
}
