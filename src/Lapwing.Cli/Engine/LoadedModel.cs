using System.Diagnostics;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Peft;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Engine;

/// <summary>A model ready to compute: weights mapped, adapters attached, its tokenizer at hand when asked for.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Lazy<ModelText> text;

    private LoadedModel(string path, DecoderModel model, Arithmetic arithmetic, IReadOnlyList<Adapter> adapters, TimeSpan loadTime)
    {
        (Path, Model, Arithmetic, Adapters, LoadTime) = (path, model, arithmetic, adapters, loadTime);
        text = new(() => ModelText.Open(path));
    }

    public string Path { get; }

    public DecoderModel Model { get; }

    public Arithmetic Arithmetic { get; }

    public IReadOnlyList<Adapter> Adapters { get; }

    public TimeSpan LoadTime { get; }

    /// <summary>Tokenizer and chat template.</summary>
    public ModelText Text => text.Value;

    public Tokenizer Tokenizer => Text.Tokenizer;

    public static LoadedModel Load(string path, Arithmetic arithmetic, IReadOnlyList<AdapterChoice> choices, int? context)
    {
        long began = Stopwatch.GetTimestamp();
        var model = Open(path, context);
        var adapters = new List<Adapter>();
        try
        {
            foreach (var choice in choices)
            {
                adapters.Add(Adapter.Load(model, choice.Path, choice.Scale));
                adapters[^1].Attach();
            }
            return new LoadedModel(path, model, arithmetic, adapters, Stopwatch.GetElapsedTime(began));
        }
        catch
        {
            foreach (var adapter in adapters) adapter.Dispose();
            model.Dispose();
            throw;
        }
    }

    private static DecoderModel Open(string path, int? context)
    {
        try
        {
            return ModelLoader.Load(path, context);
        }
        catch (InvalidDataException) when (File.Exists(path) && IsAdapter(path))
        {
            throw new InvalidDataException($"{path} is an adapter, not a model: give its base as the model and this with --adapter");
        }
        catch (FileNotFoundException) when (Directory.Exists(path) && PeftFolder.Is(path))
        {
            throw new InvalidDataException($"{path} is an adapter, not a model: give its base as the model and this with --adapter");
        }
    }

    private static bool IsAdapter(string path)
    {
        try
        {
            using var file = GgufFile.Open(path);
            return GgufLora.Is(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var adapter in Adapters) adapter.Dispose();
        Model.Dispose();
    }
}
