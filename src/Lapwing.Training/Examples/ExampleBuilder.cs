using Lapwing.Text.Tokenizers;
using Lapwing.Training.Data;

namespace Lapwing.Training;

/// <summary>
/// Turns rows into examples: conversations through the chat template, with loss on the answers and the token that ends them; plain text
/// with loss on everything; token rows as they are.
/// </summary>
/// <remarks>
/// A rendered conversation is tokenised as a whole, as the chat does it: cutting it at the mask's edges would give other ids. A token that
/// lies across an edge belongs to the side where its first character stands.
/// </remarks>
/// <param name="render">The template, with the answers marked.</param>
/// <param name="tokenise">Ids of a rendered conversation, as the chat makes them.</param>
/// <param name="tokenisePlain">Ids of plain text, with BOS where the model wants it.</param>
/// <param name="options">Length and vocabulary.</param>
public sealed class ExampleBuilder(Func<ConversationRow, RenderedText> render, Func<string, TokenisedText> tokenise, Func<string, int[]> tokenisePlain, ExampleOptions options)
{
    /// <summary>A builder with a model's tokenizer.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="render">The model's chat template, with the answers and their end marks marked.</param>
    /// <param name="vocabulary">Rows of the model's embedding.</param>
    /// <param name="length">The most tokens of an example.</param>
    public static ExampleBuilder For(Tokenizer tokenizer, Func<ConversationRow, RenderedText> render, int vocabulary, int length) => new(
        render,
        text => TextOffsets.Map(tokenizer, text, WithBos(tokenizer, tokenizer.Encode(text, addSpecial: false, parseSpecial: true))),
        text => WithBos(tokenizer, tokenizer.Encode(text, addSpecial: false, parseSpecial: true)),
        new() { Length = length, Vocabulary = vocabulary, EndOfText = tokenizer.EosId });

    /// <summary>The examples of a data set; what was cut off or left out is added to its report.</summary>
    /// <exception cref="ArgumentException">The length is no length.</exception>
    /// <exception cref="InvalidDataException">An id outside the vocabulary, or nothing to learn at all.</exception>
    public IReadOnlyList<Example> Build(DataSet data)
    {
        if (options.Length < 2) throw new ArgumentException($"--length {options.Length}: an example needs at least two tokens");
        var examples = new List<Example>();
        foreach (var row in data.Rows)
        {
            foreach (var example in Build(row, data.Report))
            {
                if (example.LossTokens > 0) examples.Add(example);
                else data.Report.Add(RowProblem.NothingToLearn, row.Origin);
            }
        }

        if (examples.Count == 0) throw new InvalidDataException(string.Join("; ", (IEnumerable<string>)["no row has a token that carries loss", .. data.Report.Problems()]));
        return examples;
    }

    private IEnumerable<Example> Build(DataRow row, DataReport report) => row switch
    {
        ConversationRow conversation => Render(conversation, report) is { } rendered ? [Truncate(Conversation(conversation, rendered), report)] : [],
        TokenRow tokens => [Truncate(Tokens(tokens), report)],
        TextRow text => Stretches(text),
        _ => throw new ArgumentException($"a row of type {row.GetType().Name}"),
    };

    // As the chat does it: a text that spells its BOS (templates do) does not get it twice, one that does not gets what the vocabulary asks for.
    private static int[] WithBos(Tokenizer tokenizer, int[] ids) =>
        tokenizer.AddsBos && tokenizer.BosId is { } bos && (ids.Length == 0 || ids[0] != bos) ? [bos, .. ids] : ids;

    private RenderedText? Render(ConversationRow row, DataReport report)
    {
        try
        {
            return render(row);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            report.Add(RowProblem.Refused, row.Origin, e.Message);
            return null;
        }
    }

    private Example Conversation(ConversationRow row, RenderedText rendered)
    {
        var (ids, starts) = tokenise(rendered.Text);
        int[] labels = new int[ids.Length];
        int span = 0;
        for (int t = 0; t < ids.Length; t++)
        {
            while (span < rendered.Learn.Count && rendered.Learn[span].End <= starts[t]) span++;
            labels[t] = span < rendered.Learn.Count && rendered.Learn[span].Start <= starts[t] ? ids[t] : Example.NoLoss;
        }

        return new(ids, labels, row.Origin);
    }

    private Example Tokens(TokenRow row)
    {
        Check(row.Ids, "id", row.Origin);
        Check(row.Labels, "label", row.Origin);
        return new(row.Ids, row.Labels, row.Origin);
    }

    // A long text is not cut off but cut up: all of it is learnt.
    private IEnumerable<Example> Stretches(TextRow row)
    {
        int[] ids = tokenisePlain(row.Text);
        if (options.EndOfText is int end && (ids.Length == 0 || ids[^1] != end)) ids = [.. ids, end];
        for (int start = 0; start < ids.Length; start += options.Length)
        {
            int[] stretch = ids[start..Math.Min(ids.Length, start + options.Length)];
            // A last stretch of one token predicts nothing.
            if (stretch.Length > 1 || start == 0) yield return new(stretch, stretch, row.Origin);
        }
    }

    private Example Truncate(Example example, DataReport report)
    {
        if (example.Ids.Length <= options.Length) return example;
        report.Add(RowProblem.Truncated, example.Origin, $"{example.Ids.Length} tokens");
        return new(example.Ids[..options.Length], example.Labels[..options.Length], example.Origin);
    }

    private void Check(int[] tokens, string what, RowOrigin origin)
    {
        foreach (int token in tokens)
        {
            if (token >= options.Vocabulary)
                throw new InvalidDataException($"{origin}: {what} {token} is outside the model's vocabulary of {options.Vocabulary}: the row was made with another tokenizer");
        }
    }
}
