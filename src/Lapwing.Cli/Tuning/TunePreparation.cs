using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Cli.Templates;
using Lapwing.Tensors;
using Lapwing.Text.Templates;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>From a command line to a run that can begin: model loaded, data read, examples built.</summary>
internal sealed class TunePreparation : IDisposable
{
    // Value, gradient and AdamW's two moments of a weight that learns, float32 each.
    private const int BytesOfAWeight = 16;

    // Some templates write today's date. A run that is resumed tomorrow, or repeated next year, must see the same tokens.
    private static readonly JinjaOptions Clock = new() { Now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero) };

    private TunePreparation(LoadedModel loaded, DataSet data, IReadOnlyList<Example> examples, TuneOptions options) =>
        (Loaded, Data, Examples, Options) = (loaded, data, examples, options);

    public LoadedModel Loaded { get; }

    public DataSet Data { get; }

    public IReadOnlyList<Example> Examples { get; }

    public TuneOptions Options { get; }

    /// <summary>Reads data and model; tells the person what was found.</summary>
    public static TunePreparation Make(ParseResult parsed, EngineOptions engine, TuneSettings settings, Surroundings surroundings)
    {
        settings.Check(parsed); // wrong usage is told before a long file is read
        var data = DataReader.Read(settings.Data(parsed), settings.DataOptions(parsed));
        return Make(engine.Load(parsed, surroundings), data, parsed, settings, surroundings);
    }

    /// <summary>From a loaded model, which this owns from then on, and data that were read.</summary>
    public static TunePreparation Make(LoadedModel loaded, DataSet data, ParseResult parsed, TuneSettings settings, Surroundings surroundings)
    {
        try
        {
            int length = TuneSettings.AsUsage(() => TuneOptions.LengthFor(loaded.Model.Info.ContextLength, settings.Length(parsed)));
            foreach (string line in data.Report.Recognised) surroundings.Message(Wording.Printable(line));
            var examples = Build(loaded, data, length);
            foreach (string line in data.Report.Problems()) surroundings.Message("warning: " + Wording.Printable(line));
            var options = settings.Read(parsed, length, examples.Count, loaded.Model.Info.Hidden);
            return new TunePreparation(loaded, data, examples, options);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The run. The base is identified by its files' hashes, which reads them once.</summary>
    public TuneRun Begin(CancellationToken cancellation)
    {
        var model = Loaded.Model;
        long parameters = model.Parameters.Sum(p => p.Count);
        if (Options.Full) RefuseTooLarge(parameters);
        var identity = new BaseIdentity(model.Info.Name, model.Info.Architecture, parameters, FileIdentities.Of(Loaded.Path, cancellation));
        // Gradients are float32 on exactly dequantised weights whichever path is asked for: with frozen blocks that is the faster one as well.
        return TuneSettings.AsUsage(() => new TuneRun(model, identity, Data, Examples, new ExactArithmetic(), Loaded.Arithmetic, Options) { Processor = MachineFacts.Read().Processor });
    }

    public void Dispose() => Loaded.Dispose();

    private static IReadOnlyList<Example> Build(LoadedModel loaded, DataSet data, int length)
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

    private static void RefuseTooLarge(long parameters)
    {
        long needed = BytesOfAWeight * parameters, available = MachineFacts.Read().AvailableBytes;
        if (needed > available)
            throw new NotSupportedException($"to train {Wording.Count(parameters)} weights in full takes {BytesOfAWeight} bytes each, {Wording.Bytes(needed)}, and {Wording.Bytes(available)} are free: take an adapter (--method lora), or a smaller model");
    }
}
