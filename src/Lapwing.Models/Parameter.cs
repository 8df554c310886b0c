using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Models;

/// <summary>
/// A named tensor of a model: where its values are and, while it is trained, where its gradient gathers.
/// Frozen parameters stay as the file stores them.
/// </summary>
public sealed unsafe class Parameter : IDisposable
{
    private NativeBuffer? values;
    private NativeBuffer? gradient;

    /// <summary>A frozen parameter over memory that someone else owns.</summary>
    public Parameter(string name, WeightMatrix value) => (Name, Value) = (name, value);

    /// <summary>A trainable float32 parameter [rows, columns], all zero.</summary>
    public Parameter(string name, int rows, int columns)
    {
        Name = name;
        values = new NativeBuffer((long)rows * columns * sizeof(float));
        Value = new WeightMatrix(ElementType.F32, values.Data, rows, columns);
    }

    /// <summary>Its name in the form of Transformers: <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>[rows, columns]; a vector has one row.</summary>
    public WeightMatrix Value { get; private set; }

    /// <summary>Its name in a GGUF file; null where such a file has no tensor of its own for it (an expert of many).</summary>
    public string? GgufName { get; init; }

    /// <summary>Whether Transformers stores this matrix the other way round, [columns, rows].</summary>
    public bool StoredTransposed { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => (long)Value.Rows * Value.Columns;

    /// <summary>Whether a gradient gathers.</summary>
    public bool IsTrained => gradient is not null;

    /// <summary>Whether its values stand in float32 memory of its own, where they may be changed.</summary>
    public bool IsOwned => values is not null;

    /// <summary>The gradient, float32 [rows, columns]; null while frozen.</summary>
    public float* Gradient => gradient is null ? null : gradient.Floats;

    /// <summary>The values as float32.</summary>
    /// <exception cref="InvalidOperationException">They are stored otherwise.</exception>
    public float* Floats => Value.Type == ElementType.F32 ? (float*)Value.Data : throw new InvalidOperationException($"{Name} is stored as {Value.Type}");

    /// <summary>Copies the values to float32 memory of its own, where they may be changed.</summary>
    public void Own()
    {
        if (values is not null) return;
        var copy = new NativeBuffer(Count * sizeof(float));
        for (int r = 0; r < Value.Rows; r++) BlockCodec.Dequantise(Value.Type, Value.Row(r), copy.Floats + (long)r * Value.Columns, Value.Columns);
        Value = new WeightMatrix(ElementType.F32, copy.Data, Value.Rows, Value.Columns);
        values = copy;
    }

    /// <summary>Makes it trainable: owns its values in float32 and gathers a gradient, zero at first.</summary>
    public void Train()
    {
        Own();
        gradient ??= new NativeBuffer(Count * sizeof(float));
    }

    /// <summary>Sets the gradient to zero.</summary>
    public void ClearGradient()
    {
        if (gradient is not null) System.Runtime.InteropServices.NativeMemory.Clear(gradient.Data, (nuint)gradient.Bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        values?.Dispose();
        gradient?.Dispose();
        gradient = null;
    }
}
