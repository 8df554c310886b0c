using Lapwing.Formats.Gguf;
using Lapwing.Formats.Huggingface;
using Lapwing.Formats.Safetensors;

namespace Lapwing.Models;

/// <summary>Loads a decoder from a GGUF file or from a folder of safetensors with its <c>config.json</c>.</summary>
public static class ModelLoader
{
    /// <summary>Loads the model at <paramref name="path"/>; its weights stay mapped until it is disposed.</summary>
    /// <param name="path">A <c>.gguf</c> file or a folder.</param>
    /// <param name="context">The context that sessions will use, where it is known: LongRoPE chooses its factors by it.</param>
    /// <exception cref="FileNotFoundException">There is nothing there.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or incomplete.</exception>
    /// <exception cref="NotSupportedException">It is a kind of model that this version does not know.</exception>
    public static DecoderModel Load(string path, int? context = null)
    {
        if (Directory.Exists(path)) return FromFolder(path, context, out _);
        return FromGguf(GgufFile.Open(path), context);
    }

    /// <summary>Loads a folder and hands out what its settings said.</summary>
    internal static DecoderModel Load(string folder, out DecoderSpec spec) => FromFolder(folder, null, out spec);

    /// <summary>Loads a GGUF file and hands out its settings and what they said.</summary>
    internal static DecoderModel Load(string path, out DecoderSpec spec, out GgufSettings settings) => FromGguf(GgufFile.Open(path), null, out spec, out settings);

    /// <summary>Loads from an open GGUF file, which the model owns from then on.</summary>
    public static DecoderModel FromGguf(GgufFile file, int? context = null) => FromGguf(file, context, out _, out _);

    private static DecoderModel FromGguf(GgufFile file, int? context, out DecoderSpec spec, out GgufSettings settings)
    {
        try
        {
            var architecture = ArchitectureRegistry.OfGguf(file.Metadata.GetString("general.architecture"), file.Path);
            var weights = new Weights(file, gguf: true, architecture.Names, transposed: false);
            var read = settings = new GgufSettings(architecture.GgufName, file.Metadata, weights, context);
            return Build(architecture, weights, file.Path, () =>
            {
                var spec = architecture.FromGguf(read);
                read.RefuseWhatWouldBeIgnored();
                return spec;
            }, out spec);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static DecoderModel FromFolder(string path, int? context, out DecoderSpec spec)
    {
        var config = ModelConfig.Open(path);
        var source = SafetensorsFolder.Open(path);
        try
        {
            var architecture = ArchitectureRegistry.OfConfig(config.TextConfig.ModelType, path);
            var weights = new Weights(source, gguf: false, architecture.Names, architecture.StoresTransposed);
            return Build(architecture, weights, path, () => architecture.FromConfig(new ConfigSettings(config.TextConfig, architecture.GgufName, weights, context)), out spec);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static DecoderModel Build(Architecture architecture, Weights weights, string path, Func<DecoderSpec> read, out DecoderSpec spec)
    {
        try
        {
            spec = read() with { PairedRows = architecture.PairsRows };
            return DecoderBuilder.Build(spec, weights);
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"{path}: the model's settings multiply to more than this program can address: the file is damaged");
        }
    }
}
