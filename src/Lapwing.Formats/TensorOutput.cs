using Lapwing.Tensors;

namespace Lapwing.Formats;

/// <summary>A tensor that a writer will write: its description, checked, and where its bytes come from.</summary>
internal sealed unsafe class TensorOutput
{
    private const int ChunkBytes = 4 << 20;
    private readonly TensorFill fill;
    private readonly long rowBytes;

    public TensorOutput(string name, ElementType type, string storedAs, long[] shape, TensorFill fill)
    {
        Name = name;
        Type = type;
        StoredAs = storedAs;
        Shape = shape;
        this.fill = fill;
        if (string.IsNullOrEmpty(name)) throw new ArgumentException("a tensor needs a name", nameof(name));
        foreach (long extent in shape)
            if (extent < 0) throw new ArgumentException($"tensor {Wording.Quote(name)} has a negative extent", nameof(shape));
        try
        {
            rowBytes = type.RowBytes(shape.Length == 0 ? 1 : shape[^1]);
            long rows = 1;
            for (int d = 0; d < shape.Length - 1; d++) rows = checked(rows * shape[d]);
            Bytes = checked(rows * rowBytes);
        }
        catch (OverflowException e)
        {
            throw new ArgumentException($"the size of tensor {Wording.Quote(name)} [{string.Join(", ", shape)}] does not fit 63 bits", nameof(shape), e);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"tensor {Wording.Quote(name)}: {e.Message}", nameof(shape), e);
        }
        if (rowBytes > int.MaxValue) throw new ArgumentException($"a row of tensor {Wording.Quote(name)} has {rowBytes} bytes, more than one chunk holds", nameof(shape));
    }

    public string Name { get; }

    public ElementType Type { get; }

    public string StoredAs { get; }

    public long[] Shape { get; }

    public long Bytes { get; }

    public static TensorOutput FromMemory(string name, ElementType type, string storedAs, long[] shape, ReadOnlyMemory<byte> data)
    {
        var output = new TensorOutput(name, type, storedAs, shape, (offset, chunk) => data.Span.Slice((int)offset, chunk.Length).CopyTo(chunk));
        return output.Bytes == data.Length ? output
            : throw new ArgumentException($"tensor {Wording.Quote(name)} [{string.Join(", ", shape)}] of {type} takes {output.Bytes} bytes, but {data.Length} were given", nameof(data));
    }

    public static TensorOutput FromPointer(string name, ElementType type, string storedAs, long[] shape, nint data) =>
        new(name, type, storedAs, shape, (offset, chunk) => new ReadOnlySpan<byte>((byte*)data + offset, chunk.Length).CopyTo(chunk));

    public static TensorOutput FromView(TensorView view, string? name) =>
        new(name ?? view.Name, view.Type, view.StoredAs, [.. view.Shape], (offset, chunk) => new ReadOnlySpan<byte>(view.Data + offset, chunk.Length).CopyTo(chunk));

    public void WriteTo(Stream stream)
    {
        if (Bytes == 0) return;
        long chunkBytes = Math.Max(rowBytes, ChunkBytes / rowBytes * rowBytes);
        byte[] buffer = new byte[Math.Min(chunkBytes, Bytes)];
        for (long offset = 0; offset < Bytes; offset += buffer.Length)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Bytes - offset));
            fill(offset, chunk);
            stream.Write(chunk);
        }
    }
}
