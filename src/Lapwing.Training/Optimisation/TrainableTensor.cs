namespace Lapwing.Training;

/// <summary>A tensor that learns: its float32 values and, beside them, the gradient that backward passes add to. The memory belongs to the model or adapter.</summary>
public sealed unsafe class TrainableTensor
{
    private readonly float* value;
    private readonly float* gradient;

    /// <summary>A view of <paramref name="length"/> values and their gradient.</summary>
    /// <exception cref="ArgumentException">A null pointer, or more elements than one tensor may have.</exception>
    public TrainableTensor(string name, float* value, float* gradient, long length)
    {
        if (value is null || gradient is null) throw new ArgumentException($"tensor {name} has no memory", nameof(value));
        if (length is < 1 or > int.MaxValue) throw new ArgumentException($"tensor {name} has {length} elements; 1 … {int.MaxValue} can learn", nameof(length));
        Name = name;
        Length = (int)length;
        this.value = value;
        this.gradient = gradient;
    }

    /// <summary>Its name in the adapter or model file.</summary>
    public string Name { get; }

    /// <summary>How many elements it has.</summary>
    public int Length { get; }

    /// <summary>Its values.</summary>
    public Span<float> Value => new(value, Length);

    /// <summary>Its gradient.</summary>
    public Span<float> Gradient => new(gradient, Length);
}
