using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Tensors;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>From a command line to a run that can begin: model loaded, data read, examples built.</summary>
internal sealed class TunePreparation : IDisposable
{
    // Value, gradient and AdamW's two moments of a weight that learns, float32 each.
    private const int BytesOfAWeight = 16;

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
            var examples = ExampleSource.Build(loaded, data, length);
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

    private static void RefuseTooLarge(long parameters)
    {
        long needed = BytesOfAWeight * parameters, available = MachineFacts.Read().AvailableBytes;
        if (needed > available)
            throw new NotSupportedException($"to train {Wording.Count(parameters)} weights in full takes {BytesOfAWeight} bytes each, {Wording.Bytes(needed)}, and {Wording.Bytes(available)} are free: take an adapter (--method lora), or a smaller model");
    }
}
