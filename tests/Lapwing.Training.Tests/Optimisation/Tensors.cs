using Lapwing.Tensors;

namespace Lapwing.Training.Tests;

/// <summary>A trainable tensor with memory of its own.</summary>
internal sealed unsafe class OwnedTensor : IDisposable
{
    private readonly NativeBuffer memory;

    public OwnedTensor(string name, float[] values)
    {
        memory = new(8L * values.Length);
        Tensor = new(name, memory.Floats, memory.Floats + values.Length, values.Length);
        values.CopyTo(Tensor.Value);
    }

    public TrainableTensor Tensor { get; }

    public void Dispose() => memory.Dispose();
}
