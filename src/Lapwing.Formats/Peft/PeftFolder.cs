using Lapwing.Formats.Safetensors;

namespace Lapwing.Formats.Peft;

/// <summary>A PEFT adapter's folder: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
public sealed class PeftFolder : ITensorSource
{
    /// <summary>The name of the weights.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    private readonly SafetensorsFile weights;

    private PeftFolder(string path, AdapterConfig config, SafetensorsFile weights)
    {
        Path = path;
        Config = config;
        this.weights = weights;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>What kind of adapter it is.</summary>
    public AdapterConfig Config { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorView> Tensors => weights.Tensors;

    /// <summary>Whether <paramref name="path"/> is a folder that holds an adapter's configuration.</summary>
    public static bool Is(string path) => File.Exists(System.IO.Path.Combine(path, AdapterConfig.FileName));

    /// <summary>Opens an adapter's folder.</summary>
    /// <exception cref="FileNotFoundException">Configuration or weights are missing.</exception>
    /// <exception cref="InvalidDataException">One of them is damaged.</exception>
    /// <exception cref="NotSupportedException">The weights are a pickle, or the adapter is of a kind that this version does not know.</exception>
    public static PeftFolder Open(string path, FileLoading loading = FileLoading.Map)
    {
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"{path} is no folder; an adapter is a folder with {AdapterConfig.FileName} and {WeightsName}");
        var config = AdapterConfig.Open(path);
        string file = System.IO.Path.Combine(path, WeightsName);
        string pickle = System.IO.Path.Combine(path, "adapter_model.bin");
        if (!File.Exists(file) && File.Exists(pickle))
            throw new NotSupportedException($"{pickle} is a pickle, which can run any program when it is read, so it is refused: load it with PEFT and save it again (safetensors is the default)");
        return new PeftFolder(path, config, SafetensorsFile.Open(file, loading));
    }

    /// <summary>Writes an adapter's folder: weights first, then the configuration that makes it one.</summary>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public static void Write(string path, AdapterConfig config, SafetensorsWriter tensors)
    {
        Directory.CreateDirectory(path);
        tensors.Write(System.IO.Path.Combine(path, WeightsName));
        config.Write(System.IO.Path.Combine(path, AdapterConfig.FileName));
    }

    /// <summary>Unmaps the weights; every <see cref="TensorView"/> is dead from here on.</summary>
    public void Dispose() => weights.Dispose();
}
