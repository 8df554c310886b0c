using Lapwing.Cli.Engine;
using Lapwing.Cli.Templates;
using Lapwing.Text.Templates;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>Examples from rows by a model's own tokenizer and template: the same for learning and for measuring, so that their losses are too.</summary>
internal static class ExampleSource
{
    // Some templates write today's date. A run that is resumed tomorrow, or repeated next year, must see the same tokens.
    private static readonly JinjaOptions Clock = new() { Now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero) };

    /// <summary>The examples of at most <paramref name="length"/> tokens; what was cut off or left out is added to the data's report.</summary>
    /// <exception cref="InvalidDataException">Nothing can be learnt from the rows, or they were made with another tokenizer.</exception>
    /// <exception cref="NotSupportedException">The rows are conversations, and the model has no chat template.</exception>
    public static IReadOnlyList<Example> Build(LoadedModel loaded, DataSet data, int length)
    {
        int vocabulary = loaded.Model.Info.Vocabulary;
        // Rows of tokens need no tokenizer, and some models bring none.
        if (data.Rows.All(r => r is TokenRow))
            return new ExampleBuilder(_ => throw new InvalidDataException("no conversation"), _ => throw new InvalidDataException("no text"), _ => [], new() { Length = length, Vocabulary = vocabulary }).Build(data);
        var template = data.Rows.Any(r => r is ConversationRow) ? ChatTemplates.Of(loaded.Text, loaded.Path, Clock) : null;
        return ExampleBuilder.For(loaded.Tokenizer, Render, vocabulary, length).Build(data);

        RenderedText Render(ConversationRow row)
        {
            if (template is null) return Continuation(row, loaded);
            var (text, learn) = template.RenderWithMask(row.Messages, row.Learn, row.Tools);
            return new RenderedText(text, learn);
        }
    }

    // Without a template nothing says who speaks: only a completion, which goes on where its prompt ends, has one clear form.
    private static RenderedText Continuation(ConversationRow row, LoadedModel loaded)
    {
        if (!row.IsContinuation || row.Tools is not null)
            throw new NotSupportedException($"{loaded.Path} has no chat template, which the conversation in {row.Origin} needs: take an instruction-tuned model, or write the rows as \"prompt\" and \"completion\" or as plain text");
        string prompt = row.Messages[0]["content"]!.GetValue<string>(), completion = row.Messages[1]["content"]!.GetValue<string>();
        string end = loaded.Tokenizer.EosId is { } id ? loaded.Tokenizer.TokenText(id) : "";
        return new(prompt + completion + end, [(prompt.Length, prompt.Length + completion.Length + end.Length)]);
    }
}
