using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Saves a model whose weights were trained in full, in the form from which it was loaded.</summary>
public static unsafe class TrainedModel
{
    private static readonly string[] Companions =
        ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "chat_template.jinja"];

    /// <summary>Writes a GGUF file: the metadata of <paramref name="source"/>, trained tensors as they are now, the others as they were.</summary>
    /// <exception cref="IOException">The disk is full or not writable; nothing is left behind.</exception>
    public static void ToGguf(DecoderModel model, string source, string path)
    {
        using var file = GgufFile.Open(source);
        var trained = model.Parameters.Where(p => p.IsOwned && p.GgufName is not null).ToDictionary(p => p.GgufName!);
        var writer = new GgufWriter().SetAll(file.Metadata);
        foreach (var (name, view) in file.Tensors)
        {
            if (trained.Remove(name, out var parameter)) writer.AddTensor(name, ElementType.F32, [.. view.Shape], (byte*)parameter.Floats);
            else writer.AddTensor(view);
        }
        if (trained.Count > 0) throw new NotSupportedException($"trained '{trained.Keys.First()}' has no tensor of its own in {source}");
        writer.Write(path);
    }

    /// <summary>Writes a safetensors folder: the files beside the weights of <paramref name="source"/>, trained tensors in float32, the others as they were.</summary>
    /// <exception cref="IOException">The disk is full or not writable.</exception>
    public static void ToFolder(DecoderModel model, string source, string folder)
    {
        using var weights = SafetensorsFolder.Open(source);
        var trained = model.Parameters.Where(p => p.IsOwned).ToDictionary(p => p.Name);
        var writer = new SafetensorsWriter();
        foreach (var (name, view) in weights.Tensors)
        {
            var parameter = trained.FirstOrDefault(t => name == t.Key || name.EndsWith("." + t.Key, StringComparison.Ordinal) || t.Key.EndsWith("." + name, StringComparison.Ordinal)).Value;
            if (parameter is null) writer.AddTensor(view);
            else writer.AddTensor(name, ElementType.F32, [.. view.Shape], MemoryMarshal.AsBytes<float>(InStoredOrder(parameter)).ToArray());
        }
        Directory.CreateDirectory(folder);
        foreach (string companion in Companions)
            if (File.Exists(Path.Combine(source, companion))) File.Copy(Path.Combine(source, companion), Path.Combine(folder, companion), overwrite: true);
        writer.Write(Path.Combine(folder, "model.safetensors"));
    }

    private static float[] InStoredOrder(Parameter parameter)
    {
        int rows = parameter.Value.Rows, columns = parameter.Value.Columns;
        var values = new float[parameter.Count];
        if (!parameter.StoredTransposed) new ReadOnlySpan<float>(parameter.Floats, values.Length).CopyTo(values);
        else
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++) values[(long)c * rows + r] = parameter.Floats[(long)r * columns + c];
        return values;
    }
}
