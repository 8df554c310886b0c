using Lapwing.Formats;
using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Models;

/// <summary>
/// A model's tensors by role, from a GGUF file or a safetensors folder. Counts what was used, so that a tensor nobody asked for is noticed:
/// a bias that is left out makes a model that is silently wrong.
/// </summary>
internal sealed unsafe class Weights(ITensorSource source, bool gguf, TensorNames names, bool transposed) : IDisposable
{
    // Buffers that hold copies: transposed matrices, norms in float32.
    private readonly List<IDisposable> owned = [];
    private readonly HashSet<string> used = [];

    /// <summary>Whether the file has the role's tensor.</summary>
    public bool Has(string role, int layer = 0, int expert = 0, string suffix = ".weight") => Find(role, layer, expert, suffix) is not null;

    /// <summary>A linear layer; its bias too, where the file has one.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="layer">Its block.</param>
    /// <param name="rows">The order of its rows in GGUF files.</param>
    /// <param name="bias">What the settings say of its bias.</param>
    /// <exception cref="InvalidDataException">The file lacks a tensor, or has a bias that its settings do not announce.</exception>
    public Linear Linear(string role, int outputs, int inputs, int layer = 0, RowOrder? rows = null, Presence bias = Presence.IfStored)
    {
        var weight = Matrix(role, outputs, inputs, layer);
        var found = OptionalVector(role, outputs, layer, ".bias");
        if (found is null && bias == Presence.Always) throw Missing(role, layer, ".bias");
        if (found is not null && bias == Presence.Never)
            throw new InvalidDataException($"{source.Path}: tensor {Wording.Quote(found.Name)} is a bias that config.json does not announce (attention_bias, mlp_bias) or that this family does not have: Transformers would drop it; set the flag, or take the tensor out");
        return new Linear(Strip(weight.Name), weight, found) { GgufName = TensorNames.Gguf(role, layer), GgufRows = rows, InGgufOrder = gguf };
    }

    /// <summary>The matrix of a role, [rows, columns], where the file has it.</summary>
    public Parameter Matrix(string role, int rows, int columns, int layer = 0)
    {
        var view = Find(role, layer, 0, ".weight") ?? throw Missing(role, layer, ".weight");
        var matrix = view.AsMatrix();
        string name = Reference(role, layer, 0) + ".weight";
        // Transformers' GPT-2 stores its linear layers [inputs, outputs].
        if (transposed && role is not ("token_embd" or "position_embd" or "output"))
        {
            Check(view, matrix, columns, rows);
            return new Parameter(name, Transpose(matrix)) { StoredTransposed = true, GgufName = TensorNames.Gguf(role, layer) + ".weight" };
        }
        Check(view, matrix, rows, columns);
        return new Parameter(name, matrix) { GgufName = TensorNames.Gguf(role, layer) + ".weight" };
    }

    /// <summary>Expert <paramref name="expert"/>'s matrix: a slice of GGUF's stack of them, or a tensor of its own.</summary>
    public Linear Expert(string role, int outputs, int inputs, int layer, int expert, int experts)
    {
        string name = Reference(role, layer, expert);
        if (gguf && Find(role, layer, 0, ".weight") is { } stack)
        {
            var all = stack.AsMatrix();
            Check(stack, all, checked(outputs * experts), inputs);
            return new Linear(name, new Parameter(name + ".weight", all.Slice(expert * outputs, outputs))) { StackName = TensorNames.Gguf(role, layer) };
        }
        var view = Find(role, layer, expert, ".weight") ?? throw Missing(role, layer, ".weight", expert);
        var matrix = view.AsMatrix();
        Check(view, matrix, outputs, inputs);
        return new Linear(name, new Parameter(name + ".weight", matrix)) { StackName = TensorNames.Gguf(role, layer) };
    }

    /// <summary>A vector in float32.</summary>
    public Parameter Vector(string role, int length, int layer = 0, string suffix = ".weight") => OptionalVector(role, length, layer, suffix) ?? throw Missing(role, layer, suffix);

    /// <summary>A vector in float32, or null where the file has none.</summary>
    public Parameter? OptionalVector(string role, int length, int layer, string suffix)
    {
        var view = Find(role, layer, 0, suffix);
        if (view is null) return null;
        if (view.Count != length) throw new InvalidDataException($"{view.File}: {view.Name} has {view.Count} elements where the model's settings ask for {length}: the file is damaged or not the model that it says");
        var parameter = new Parameter(Reference(role, layer, 0) + suffix, view.AsMatrix()) { GgufName = TensorNames.Gguf(role, layer) + suffix };
        parameter.Own();
        return parameter;
    }

    /// <summary>A vector by its own name, in float32, or null.</summary>
    public float[]? OptionalNumbers(string name)
    {
        if (!source.Tensors.TryGetValue(name, out var view)) return null;
        used.Add(name);
        RealNumbers.Require(view);
        var numbers = new float[checked((int)view.Count)];
        fixed (float* to = numbers) BlockCodec.Dequantise(view.Type, view.Data, to, view.Count);
        return numbers;
    }

    /// <summary>Width of a vector role in the file, or 0 where there is none.</summary>
    public int LengthOf(string role, int layer) => Find(role, layer, 0, ".weight") is { } view ? checked((int)view.Count) : 0;

    /// <summary>Whether two roles' tensors hold the same bytes.</summary>
    public bool Equal(string role, string other)
    {
        if (Find(role, 0, 0, ".weight") is not { } a || Find(other, 0, 0, ".weight") is not { } b) return false;
        if (a.Type != b.Type || !a.Shape.SequenceEqual(b.Shape)) return false;
        long bytes = a.AsMatrix().Rows * a.AsMatrix().RowBytes;
        if (a.Data == b.Data) return true;
        const int Piece = 1 << 20;
        for (long at = 0; at < bytes; at += Piece)
        {
            int n = (int)Math.Min(Piece, bytes - at);
            if (!new ReadOnlySpan<byte>(a.Data + at, n).SequenceEqual(new ReadOnlySpan<byte>(b.Data + at, n))) return false;
        }
        return true;
    }

    /// <summary>Rows of a matrix role in the file.</summary>
    public int RowsOf(string role) => (Find(role, 0, 0, ".weight") ?? throw Missing(role, 0, ".weight")).AsMatrix().Rows;

    /// <summary>Fails if a tensor of a block was never asked for.</summary>
    public void CheckAllUsed(string architecture)
    {
        foreach (string name in source.Tensors.Keys)
            if (!used.Contains(name) && Matters(name))
                throw new NotSupportedException($"{source.Path}: tensor {Wording.Quote(name)} has no place in architecture '{architecture}' as this version knows it: computing without it would be silently wrong");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in owned) item.Dispose();
        source.Dispose();
    }

    // Constants that older exports carry, and the towers of models that also see or hear, do not enter a text decoder.
    private static bool Matters(string name) =>
        !name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) && !name.EndsWith("attn.bias", StringComparison.Ordinal) && !name.EndsWith("attn.masked_bias", StringComparison.Ordinal)
        && !name.Contains("vision", StringComparison.Ordinal) && !name.Contains("multi_modal_projector", StringComparison.Ordinal) && !name.Contains("audio", StringComparison.Ordinal)
        && (name.StartsWith("blk.", StringComparison.Ordinal) || name.Contains("layers.", StringComparison.Ordinal) || name.Contains("h.", StringComparison.Ordinal) || name.StartsWith("rope_", StringComparison.Ordinal)
            || name.EndsWith("norm.bias", StringComparison.Ordinal) || name.EndsWith("token_embd_norm.weight", StringComparison.Ordinal));

    private TensorView? Find(string role, int layer, int expert, string suffix)
    {
        // Files from before experts were stacked have one matrix each: blk.0.ffn_gate.3.weight.
        if (gguf) return Use(TensorNames.Gguf(role, layer) + suffix) ?? (role.EndsWith("_exps", StringComparison.Ordinal) ? Use($"blk.{layer}.{role[..^"_exps".Length]}.{expert}{suffix}") : null);
        if (names.Reference(role, layer, expert) is not { } name) return null;
        name += suffix;
        // Published folders differ in what stands before the name: GPT-2's have nothing, models that also see have one or two words more.
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return Use(name) ?? Use("language_model." + name) ?? (role == "output" ? null : Use(name[(dot + 1)..]) ?? Use("model.language_model." + name[(dot + 1)..]));
    }

    private TensorView? Use(string name)
    {
        if (!source.Tensors.TryGetValue(name, out var view)) return null;
        used.Add(name);
        return RealNumbers.Require(view);
    }

    private string Reference(string role, int layer, int expert) => names.Reference(role, layer, expert) ?? TensorNames.Gguf(role, layer);

    private static string Strip(string name) => name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;

    private InvalidDataException Missing(string role, int layer, string suffix, int expert = 0)
    {
        string name = gguf ? TensorNames.Gguf(role, layer) : Reference(role, layer, expert);
        return new($"{source.Path}: tensor '{name}{suffix}' is missing: the file is incomplete or not the model that it says");
    }

    private static void Check(TensorView view, WeightMatrix matrix, int rows, int columns)
    {
        if (matrix.Rows != rows || matrix.Columns != columns)
            throw new InvalidDataException($"{view.File}: {view.Name} is [{matrix.Rows}, {matrix.Columns}] where the model's settings ask for [{rows}, {columns}]: the file is damaged or not the model that it says");
    }

    private WeightMatrix Transpose(WeightMatrix matrix)
    {
        int size = matrix.Type.BlockBytes();
        if (matrix.Type.IsQuantised()) throw new NotSupportedException($"a transposed matrix of {matrix.Type} is not supported");
        var buffer = new NativeBuffer((long)matrix.Rows * matrix.RowBytes);
        owned.Add(buffer);
        for (int r = 0; r < matrix.Rows; r++)
            for (int c = 0; c < matrix.Columns; c++)
                new Span<byte>(matrix.Row(r) + (long)c * size, size).CopyTo(new Span<byte>(buffer.Data + ((long)c * matrix.Rows + r) * size, size));
        return new WeightMatrix(matrix.Type, buffer.Data, matrix.Columns, matrix.Rows);
    }
}
