using Lapwing.Formats.Files;
using Lapwing.Tensors;

namespace Lapwing.Formats;

/// <summary>
/// A tensor where its file put it: name, type, shape and a pointer into the file's memory. Nothing is copied. The memory belongs
/// to the <see cref="ITensorSource"/>: it is valid until that is disposed, and whoever keeps a pointer must keep the source.
/// </summary>
public sealed unsafe class TensorView
{
    private readonly InputBytes owner;
    private readonly long offset;

    internal TensorView(string name, ElementType type, string storedAs, long[] shape, InputBytes owner, long offset, long bytes)
    {
        Name = name;
        Type = type;
        StoredAs = storedAs;
        Shape = shape;
        this.owner = owner;
        this.offset = offset;
        Bytes = bytes;
        long count = 1;
        foreach (long extent in shape) count = checked(count * extent);
        Count = count;
    }

    /// <summary>Its name in the file.</summary>
    public string Name { get; }

    /// <summary>How elements are stored. Safetensors' U8 and BOOL stand as <see cref="ElementType.I8"/>; <see cref="StoredAs"/> keeps them apart.</summary>
    public ElementType Type { get; }

    /// <summary>The type in the file's own words: <c>Q4_K</c>, <c>BF16</c>, <c>U8</c>, <c>BOOL</c>, …</summary>
    public string StoredAs { get; }

    /// <summary>Extents, outermost first (row-major, as in safetensors; GGUF's order is reversed into this). Empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The source was disposed.</exception>
    public byte* Data => owner.Data + offset;

    /// <summary><see cref="Data"/> as a number, for callers without pointers.</summary>
    public nint Address => (nint)Data;

    /// <summary>Its size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Its number of elements.</summary>
    public long Count { get; }

    /// <summary>The file (of several, where a model is split) that holds it.</summary>
    public string File => owner.Path;

    /// <summary>The bytes as a span, for tensors below 2 GiB.</summary>
    /// <exception cref="NotSupportedException">The tensor is larger.</exception>
    public ReadOnlySpan<byte> Span => Bytes <= int.MaxValue
        ? new ReadOnlySpan<byte>(Data, (int)Bytes)
        : throw new NotSupportedException($"tensor {Wording.Quote(Name)} in {owner.Path} has {Bytes} bytes, more than one span holds");

    /// <summary>
    /// The tensor as a matrix: 2-D as [rows, columns], 1-D (and a scalar) as [1, n], more dimensions with all but the last flattened into rows.
    /// </summary>
    /// <exception cref="NotSupportedException">Rows or columns do not fit 31 bits.</exception>
    public WeightMatrix AsMatrix()
    {
        long columns = Shape.Count == 0 ? 1 : Shape[^1];
        long rows = 1;
        for (int d = 0; d < Shape.Count - 1; d++) rows *= Shape[d];
        if (rows > int.MaxValue || columns > int.MaxValue)
            throw new NotSupportedException($"tensor {Wording.Quote(Name)} in {owner.Path} is [{rows}, {columns}] as a matrix; rows and columns must be below 2^31");
        return new WeightMatrix(Type, Data, (int)rows, (int)columns);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {StoredAs} [{string.Join(", ", Shape)}]";
}
