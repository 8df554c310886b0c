using System.Text.Json;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Generation;

namespace Lapwing.Cli.Chatting;

/// <summary>One answer: streamed as text, or whole as JSON.</summary>
internal static class OneAnswer
{
    public static void Give(int[] prompt, LoadedModel loaded, TextGenerator generator, GenerationOptions options, Surroundings surroundings)
    {
        var token = surroundings.Interruption.Token;
        if (surroundings.Json)
        {
            var whole = generator.Generate(prompt, options, null, token);
            surroundings.WriteJson(json => Write(json, whole, loaded));
            return;
        }
        var result = Stream(generator, prompt, options, surroundings, token);
        surroundings.Message(Describe(result));
    }

    /// <summary>Generates, writing text as it becomes sure, and ends the line.</summary>
    public static GenerationResult Stream(TextGenerator generator, int[] prompt, GenerationOptions options, Surroundings surroundings, CancellationToken cancellation)
    {
        char last = '\n';
        void Show(string piece)
        {
            string shown = surroundings.OutputIsTerminal ? Harmless(piece) : piece;
            surroundings.Out.Write(shown);
            surroundings.Flush();
            if (shown.Length > 0) last = shown[^1];
        }
        try
        {
            return generator.Generate(prompt, options, Show, cancellation);
        }
        finally
        {
            if (last != '\n') surroundings.Out.WriteLine();
            surroundings.Flush();
        }
    }

    /// <summary>One line about an answer for the person.</summary>
    public static string Describe(GenerationResult result)
    {
        string why = result.Finish == FinishReason.Length ? result.ContextFull ? ", the context is full" : ", cut at --max-tokens" : "";
        return $"{result.CompletionTokens} tokens at {result.Timings.CompletionTokensPerSecond:0.0} tok/s after {result.PromptTokens} of prompt at {result.Timings.PromptTokensPerSecond:0.0} tok/s, seed {result.Seed}{why}";
    }

    // A model can be made to say escape sequences, which a terminal obeys.
    private static string Harmless(string text) => text.All(c => !char.IsControl(c) || c is '\n' or '\t') ? text : new string([.. text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c)]);

    private static void Write(Utf8JsonWriter json, GenerationResult result, LoadedModel loaded)
    {
        json.WriteStartObject();
        json.WriteString("text", result.Text);
        json.WriteStartArray("tokens");
        foreach (int id in result.Tokens) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteNumber("prompt_tokens", result.PromptTokens);
        json.WriteNumber("completion_tokens", result.CompletionTokens);
        json.WriteString("finish_reason", result.Finish.Name());
        json.WriteNumber("seed", result.Seed);
        json.WriteStartObject("timings");
        JsonNumbers.Write(json, "load_ms", Math.Round(result.Timings.LoadMilliseconds, 3));
        JsonNumbers.Write(json, "time_to_first_token_ms", Math.Round(result.Timings.TimeToFirstTokenMilliseconds, 3));
        JsonNumbers.Write(json, "prompt_tokens_per_second", Math.Round(result.Timings.PromptTokensPerSecond, 3));
        JsonNumbers.Write(json, "completion_tokens_per_second", Math.Round(result.Timings.CompletionTokensPerSecond, 3));
        json.WriteEndObject();
        json.WriteString("path", loaded.Arithmetic.Path);
        json.WriteString("level", loaded.Arithmetic.Level);
        json.WriteEndObject();
    }
}
