using Lapwing.Formats.Gguf;
using Lapwing.Formats.Huggingface;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Writes a safetensors folder as a GGUF file: names, the order of rotary rows, stacked experts, Gemma's norms and the settings as that
/// format has them, so that other engines read the file too.
/// </summary>
public sealed unsafe class FolderToGguf
{
    private readonly DecoderModel model;
    private readonly Architecture architecture;
    private readonly DecoderSpec spec;
    private readonly GgufWriter writer = new();
    private readonly Func<string, ElementType, long, ElementType> choose;

    private FolderToGguf(DecoderModel model, Architecture architecture, DecoderSpec spec, Func<string, ElementType, long, ElementType> choose) =>
        (this.model, this.architecture, this.spec, this.choose) = (model, architecture, spec, choose);

    /// <summary>Converts the folder at <paramref name="folder"/> to the file at <paramref name="path"/>.</summary>
    /// <param name="folder">With <c>config.json</c>, safetensors and a tokenizer.</param>
    /// <param name="path">Written atomically.</param>
    /// <param name="choose">The type of a matrix, given its GGUF name, its type in the folder and its columns; vectors are always F32.</param>
    /// <exception cref="InvalidDataException">The folder is damaged or incomplete.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know or that GGUF cannot hold.</exception>
    public static void Convert(string folder, string path, Func<string, ElementType, long, ElementType> choose)
    {
        var config = ModelConfig.Open(folder).TextConfig;
        var architecture = ArchitectureRegistry.OfConfig(config.ModelType, folder);
        using var model = ModelLoader.Load(folder, out var spec);
        var conversion = new FolderToGguf(model, architecture, spec, choose);
        conversion.Settings(config);
        conversion.Tensors();
        if (HasTokenizer(folder)) conversion.Text(ModelText.Open(folder));
        conversion.writer.Write(path);
    }

    private static bool HasTokenizer(string folder) => File.Exists(Path.Combine(folder, "tokenizer.json")) || File.Exists(Path.Combine(folder, "tokenizer.model"));

    private void Settings(ModelConfig config)
    {
        writer.Set("general.architecture", architecture.GgufName).Set("general.type", "model").Set("general.quantization_version", 2u);
        if (spec.Info.Name is { } name) writer.Set("general.name", name);
        new GgufSettingsWriter(architecture.GgufName, writer).Write(spec, new ConfigSettings(config, architecture.GgufName, null, null), architecture);
    }

    private void Tensors()
    {
        foreach (var layer in model.Linears.DistinctBy(l => l.Weight))
        {
            if (layer.GgufName is null) continue;
            Matrix(layer.GgufName + ".weight", layer.Weight.Value, layer.GgufRows);
            if (layer.Bias is { } bias) Vector(layer.GgufName + ".bias", bias, layer.GgufRows, 0);
        }
        foreach (var table in new[] { model.Embedding.Table, model.Embedding.Positions }.OfType<Parameter>())
            if (table != model.Head.Output.Weight) Matrix(table.GgufName!, table.Value, null);
        var matrices = model.Linears.SelectMany(l => l.Parameters).Append(model.Embedding.Table).ToHashSet();
        foreach (var parameter in model.Parameters)
            if (!matrices.Contains(parameter) && parameter != model.Embedding.Positions) Vector(parameter.GgufName!, parameter, null, spec.NormOffset);
        Experts();
    }

    private void Matrix(string name, WeightMatrix matrix, RowOrder? order)
    {
        var type = choose(name, matrix.Type, matrix.Columns);
        writer.AddTensor(name, type, [matrix.Rows, matrix.Columns], MatrixRows.Fill(type, matrix.Columns, r => (matrix, order is null ? (int)r : order.ToReference((int)r))));
    }

    // The experts of a layer become one tensor [experts, rows, columns].
    private void Experts()
    {
        foreach (var group in model.Linears.Where(l => l.GgufName is null).GroupBy(l => l.StackName ?? throw new NotSupportedException($"'{l.Name}' has no place in a GGUF file")))
        {
            Linear[] stack = [.. group];
            var first = stack[0].Weight.Value;
            string name = group.Key + ".weight";
            var type = choose(name, first.Type, first.Columns);
            writer.AddTensor(name, type, [stack.Length, first.Rows, first.Columns], MatrixRows.Fill(type, first.Columns, r => (stack[r / first.Rows].Weight.Value, (int)(r % first.Rows))));
        }
    }

    private void Vector(string name, Parameter parameter, RowOrder? order, float offset)
    {
        float[] values = new ReadOnlySpan<float>(parameter.Floats, checked((int)parameter.Count)).ToArray();
        if (order is not null) values = order.ToGguf(values, 1);
        for (int i = 0; i < values.Length; i++) values[i] += offset;
        writer.AddTensor(name, ElementType.F32, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    private void Text(ModelText text)
    {
        var vocabulary = text.Tokenizer.ToGguf(spec.Info.Vocabulary);
        GgufText.Write(writer, text.ChatTemplate is { } template ? vocabulary with { ChatTemplate = template } : vocabulary);
    }
}
