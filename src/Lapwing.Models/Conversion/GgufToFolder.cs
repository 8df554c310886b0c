using System.Runtime.InteropServices;
using System.Text.Json;
using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Writes a GGUF file as a folder that Transformers reads: names, rows, experts and Gemma's norms as that has them, <c>config.json</c>, and the
/// tokenizer where its kind has a form there.
/// </summary>
public sealed unsafe class GgufToFolder
{
    // Transformers' own default.
    private const long ShardBytes = 5_000_000_000;

    private readonly DecoderModel model;
    private readonly Architecture architecture;
    private readonly SafetensorsWriter writer = new();
    private readonly Func<ElementType, ElementType> choose;

    private GgufToFolder(DecoderModel model, Architecture architecture, Func<ElementType, ElementType> choose) => (this.model, this.architecture, this.choose) = (model, architecture, choose);

    /// <summary>Converts the file at <paramref name="path"/> to the folder <paramref name="folder"/>.</summary>
    /// <param name="path">A GGUF model.</param>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="choose">The type of a matrix, given its type in the file: a plain one. Vectors are always F32.</param>
    /// <returns>What has no form in a folder and was left out (a tokenizer of a rare kind), or null.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know, or that has no form in a folder.</exception>
    public static string? Convert(string path, string folder, Func<ElementType, ElementType> choose)
    {
        using var file = GgufFile.Open(path);
        var settings = ArchitectureRegistry.OfGguf(file.Metadata.GetString("general.architecture"), path);
        using var model = ModelLoader.Load(path, out var spec, out var source);
        var conversion = new GgufToFolder(model, settings, choose);
        conversion.Tensors();
        var config = ConfigWriter.Write(settings, spec, source, model.Head.Output.Weight == model.Embedding.Table, Biased(model, ".attn_"), choose(model.Linears[0].Weight.Value.Type));
        // Transformers drops a bias that its configuration does not announce, or that the family does not have.
        bool inMlp = Biased(model, ".ffn_");
        if (!settings.StoresTransposed && inMlp) config["mlp_bias"] = true;
        var biases = settings.Defaults(config["model_type"]!.GetValue<string>()).Biases.Resolve(attention: true, mlp: inMlp);
        foreach (var layer in model.Linears.Where(l => l.Bias is not null))
        {
            string role = layer.GgufName?.Split('.')[^1] ?? "";
            var presence = role is "attn_q" or "attn_k" or "attn_v" or "attn_qkv" ? biases.QueryKeyValue : role == "attn_output" ? biases.Output : role is "ffn_gate" or "ffn_up" or "ffn_down" ? biases.Mlp : Presence.Never;
            if (presence == Presence.Never) throw new NotSupportedException($"the bias of '{layer.Name}' has no form in a folder of type '{config["model_type"]}': keep the GGUF file");
        }
        Directory.CreateDirectory(folder);
        conversion.writer.WriteFolder(folder, ShardBytes);
        string? left = Text(file, folder);
        AtomicFile.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return left;
    }

    private static bool Biased(DecoderModel model, string roles) => model.Linears.Any(l => l.Bias is not null && l.GgufName?.Contains(roles, StringComparison.Ordinal) == true);

    private static string? Text(GgufFile file, string folder)
    {
        if (!file.Metadata.ContainsKey("tokenizer.ggml.model")) return null;
        var text = ModelText.FromGguf(file);
        try
        {
            var (tokenizer, config) = text.Tokenizer.ToTokenizerJson();
            AtomicFile.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), tokenizer);
            AtomicFile.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), config);
        }
        catch (NotSupportedException e)
        {
            return $"no tokenizer.json: {e.Message}";
        }
        if (text.ChatTemplate is { } template) AtomicFile.WriteAllText(Path.Combine(folder, "chat_template.jinja"), template);
        return null;
    }

    private void Tensors()
    {
        var written = new HashSet<Parameter>();
        foreach (var layer in model.Linears)
        {
            if (layer.Weight != model.Embedding.Table && written.Add(layer.Weight)) Matrix(layer.Weight, layer.StoredRows, architecture.StoresTransposed && layer != model.Head.Output);
            if (layer.Bias is { } bias && written.Add(bias)) Vector(bias, layer.StoredRows, 0);
        }
        foreach (var table in new[] { model.Embedding.Table, model.Embedding.Positions }.OfType<Parameter>())
            if (written.Add(table)) Matrix(table, null, false);
        foreach (var parameter in model.Parameters)
            if (written.Add(parameter)) Vector(parameter, null, architecture.NormOffset);
    }

    private void Matrix(Parameter parameter, RowOrder? order, bool transposed)
    {
        var matrix = parameter.Value;
        var type = choose(matrix.Type);
        if (transposed)
        {
            writer.AddTensor(parameter.Name, type, [matrix.Columns, matrix.Rows], Transposed(matrix, type));
            return;
        }
        int[]? from = order is null ? null : Inverse(order, matrix.Rows);
        writer.AddTensor(parameter.Name, type, [matrix.Rows, matrix.Columns], MatrixRows.Fill(type, matrix.Columns, r => (matrix, from is null ? (int)r : from[r])));
    }

    // RowOrder tells which of Transformers' rows stands where; here Transformers' rows come in order.
    private static int[] Inverse(RowOrder order, int rows)
    {
        var from = new int[rows];
        for (int stored = 0; stored < rows; stored++) from[order.ToReference(stored)] = stored;
        return from;
    }

    private static byte[] Transposed(WeightMatrix matrix, ElementType type)
    {
        int size = type.BlockBytes();
        var bytes = new byte[checked(matrix.Rows * type.RowBytes(matrix.Columns))];
        var row = new float[matrix.Columns];
        var packed = new byte[type.RowBytes(matrix.Columns)];
        fixed (float* floats = row)
        fixed (byte* to = packed)
            for (int r = 0; r < matrix.Rows; r++)
            {
                MatrixRows.Write(matrix, r, type, floats, to);
                for (int c = 0; c < matrix.Columns; c++) packed.AsSpan(c * size, size).CopyTo(bytes.AsSpan((c * matrix.Rows + r) * size));
            }
        return bytes;
    }

    private void Vector(Parameter parameter, RowOrder? order, float offset)
    {
        float[] values = new ReadOnlySpan<float>(parameter.Floats, checked((int)parameter.Count)).ToArray();
        if (order is not null) values = order.ToReference(values, 1);
        for (int i = 0; i < values.Length; i++) values[i] -= offset;
        writer.AddTensor(parameter.Name, ElementType.F32, [values.Length], MemoryMarshal.AsBytes<float>(values).ToArray());
    }
}
