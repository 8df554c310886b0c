using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Cli.Templates;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>From a command line to a run that can begin: model loaded, data read, examples built.</summary>
internal sealed class TunePreparation : IDisposable
{
    private TunePreparation(LoadedModel loaded, DataSet data, IReadOnlyList<Example> examples, TuneOptions options) =>
        (Loaded, Data, Examples, Options) = (loaded, data, examples, options);

    public LoadedModel Loaded { get; }

    public DataSet Data { get; }

    public IReadOnlyList<Example> Examples { get; }

    public TuneOptions Options { get; }

    /// <summary>Reads data and model; tells the person what was found.</summary>
    public static TunePreparation Make(ParseResult parsed, EngineOptions engine, TuneSettings settings, Surroundings surroundings)
    {
        settings.Read(parsed, TuneOptions.UsualLength); // wrong usage is told before a long file is read
        var data = DataReader.Read(settings.Data(parsed), settings.DataOptions(parsed));
        return Make(engine.Load(parsed, surroundings), data, parsed, settings, surroundings);
    }

    /// <summary>From a loaded model, which this owns from then on, and data that were read.</summary>
    public static TunePreparation Make(LoadedModel loaded, DataSet data, ParseResult parsed, TuneSettings settings, Surroundings surroundings)
    {
        try
        {
            int length = TuneOptions.LengthFor(loaded.Model.Info.ContextLength, settings.Length(parsed));
            var examples = Build(loaded, data, length);
            foreach (string line in data.Report.Recognised) surroundings.Message(Wording.Printable(line));
            foreach (string line in data.Report.Problems()) surroundings.Message("warning: " + Wording.Printable(line));
            return new TunePreparation(loaded, data, examples, settings.Read(parsed, length));
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
        var identity = new BaseIdentity(model.Info.Name, model.Info.Architecture, model.Parameters.Sum(p => p.Count), FileIdentities.Of(Loaded.Path, cancellation));
        return new TuneRun(model, identity, Data, Examples, Loaded.Arithmetic, Loaded.Arithmetic, Options) { Processor = MachineFacts.Read().Processor };
    }

    public void Dispose() => Loaded.Dispose();

    private static IReadOnlyList<Example> Build(LoadedModel loaded, DataSet data, int length)
    {
        int vocabulary = loaded.Model.Info.Vocabulary;
        // Rows of tokens need no tokenizer, and some models bring none.
        if (data.Rows.All(r => r is TokenRow))
            return new ExampleBuilder(_ => throw new InvalidDataException("no conversation"), _ => throw new InvalidDataException("no text"), _ => [], new() { Length = length, Vocabulary = vocabulary }).Build(data);
        var template = data.Rows.Any(r => r is ConversationRow)
            ? ChatTemplates.Of(loaded.Text, loaded.Path) ?? throw new InvalidDataException($"{loaded.Path} has no chat template, which conversations need; train it on plain text, or take an instruction-tuned model")
            : null;
        return ExampleBuilder.For(loaded.Tokenizer, Render, vocabulary, length).Build(data);

        RenderedText Render(ConversationRow row)
        {
            var (text, learn) = template!.RenderWithMask(row.Messages, row.Learn, row.Tools);
            return new RenderedText(text, learn);
        }
    }
}
