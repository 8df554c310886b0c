using System.Text;
using Lapwing.Tensors;

namespace Lapwing.Formats.Gguf;

/// <summary>
/// Collects metadata and tensors and writes them as a GGUF file, atomically. Tensor data is fetched while writing, so what was added by
/// reference must stay alive until then.
/// </summary>
public sealed unsafe class GgufWriter
{
    /// <summary>ggml keeps names in 64 bytes with a zero at the end; it refuses a longer one.</summary>
    private const int LongestTensorName = 63;

    private readonly OrderedDictionary<string, GgufValue> metadata = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorOutput> tensors = new(StringComparer.Ordinal);

    /// <summary>A writer for GGUF <paramref name="version"/> 3 or 2 (the two differ in the number only).</summary>
    /// <exception cref="ArgumentException">Another version.</exception>
    public GgufWriter(uint version = 3)
    {
        if (version is not (2 or 3)) throw new ArgumentException($"GGUF version {version} is not written; versions 2 and 3 are", nameof(version));
        Version = version;
    }

    /// <summary>The version that will be written.</summary>
    public uint Version { get; }

    /// <summary>The metadata set so far, in the order in which it will be written.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => metadata;

    /// <summary>Sets a metadata value; a key that was set before keeps its place. <c>general.alignment</c> is honoured.</summary>
    /// <exception cref="ArgumentException">The key is empty or longer than 65535 bytes, or the alignment is not one.</exception>
    public GgufWriter Set(string key, GgufValue value)
    {
        if (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > GgufValueReader.LongestKey)
            throw new ArgumentException($"a metadata key has 1 to {GgufValueReader.LongestKey} bytes", nameof(key));
        if (key == GgufHeader.AlignmentKey)
        {
            if (value.Type != GgufType.UInt32 || !value.TryGetInteger(out uint alignment)) throw new ArgumentException($"{key} must be UInt32", nameof(value));
            GgufLayout.RequireAlignment(alignment, message => new ArgumentException(message, nameof(value)));
        }
        metadata[key] = value;
        return this;
    }

    /// <summary>Sets a number (stored in its own width) or truth value.</summary>
    public GgufWriter Set<T>(string key, T value)
        where T : unmanaged => Set(key, GgufValue.Of(value));

    /// <summary>Sets a string.</summary>
    public GgufWriter Set(string key, string value) => Set(key, GgufValue.Of(value));

    /// <summary>Sets an array of numbers or truth values.</summary>
    public GgufWriter Set<T>(string key, T[] values)
        where T : unmanaged => Set(key, GgufValue.ArrayOf(values));

    /// <summary>Sets an array of strings.</summary>
    public GgufWriter Set(string key, IEnumerable<string> values) => Set(key, GgufValue.ArrayOf(values));

    /// <summary>Takes over all metadata of a file, types and order included.</summary>
    public GgufWriter SetAll(IEnumerable<KeyValuePair<string, GgufValue>> values)
    {
        foreach (var (key, value) in values) Set(key, value);
        return this;
    }

    /// <summary>Drops a metadata key, if it is there.</summary>
    public GgufWriter Remove(string key)
    {
        metadata.Remove(key);
        return this;
    }

    /// <summary>Adds a tensor of another file, under its own name or another.</summary>
    /// <exception cref="ArgumentException">The name is taken or too long, or the shape is not one that GGUF has.</exception>
    public GgufWriter AddTensor(TensorView view, string? name = null) => Add(TensorOutput.FromView(view, name));

    /// <summary>Adds a tensor whose bytes stand in <paramref name="data"/>; <paramref name="shape"/> is outermost first.</summary>
    /// <exception cref="ArgumentException">As for views, or the sizes do not agree.</exception>
    public GgufWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data) =>
        Add(TensorOutput.FromMemory(name, type, type.ToString(), shape.ToArray(), data));

    /// <summary>Adds a tensor of native memory that stays valid until the file is written.</summary>
    /// <exception cref="ArgumentException">As for views.</exception>
    public GgufWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, byte* data) =>
        Add(TensorOutput.FromPointer(name, type, type.ToString(), shape.ToArray(), (nint)data));

    /// <summary>Adds a tensor whose bytes <paramref name="fill"/> produces while the file is written.</summary>
    /// <exception cref="ArgumentException">As for views.</exception>
    public GgufWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, TensorFill fill) =>
        Add(new TensorOutput(name, type, type.ToString(), shape.ToArray(), fill));

    /// <summary>Writes one file.</summary>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public void Write(string path)
    {
        using var file = Write(path, metadata, [.. tensors.Values]);
        file.Commit();
    }

    /// <summary>
    /// Writes a split model as llama.cpp does: <c>PREFIX-00001-of-0000N.gguf</c>, each part at most <paramref name="mostBytes"/> of tensor
    /// data (or one tensor), all metadata in the first. Nothing appears before every part is on the disk.
    /// </summary>
    /// <returns>The paths of the parts.</returns>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public IReadOnlyList<string> WriteSplit(string prefix, long mostBytes)
    {
        var parts = TensorGroups.Split([.. tensors.Values], mostBytes);
        if (parts.Count > ushort.MaxValue) throw new ArgumentException($"{parts.Count} parts are more than a split model can have; allow larger parts", nameof(mostBytes));
        var files = new List<AtomicFile>();
        var paths = new List<string>();
        try
        {
            for (int part = 0; part < parts.Count; part++)
            {
                var values = new OrderedDictionary<string, GgufValue>(StringComparer.Ordinal);
                if (part == 0)
                    foreach (var (key, value) in metadata) values[key] = value;
                else if (metadata.TryGetValue(GgufHeader.AlignmentKey, out var alignment))
                    values[GgufHeader.AlignmentKey] = alignment;
                values[GgufSplit.NumberKey] = GgufValue.Of((ushort)part);
                values[GgufSplit.CountKey] = GgufValue.Of((ushort)parts.Count);
                values[GgufSplit.TensorsKey] = GgufValue.Of(tensors.Count);
                paths.Add(GgufSplit.PartPath(prefix, part, parts.Count));
                files.Add(Write(paths[part], values, parts[part]));
            }
            foreach (var file in files) file.Commit();
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        return paths;
    }

    private AtomicFile Write(string path, OrderedDictionary<string, GgufValue> values, IReadOnlyList<TensorOutput> contents)
    {
        uint alignment = GgufHeader.DefaultAlignment;
        if (values.TryGetValue(GgufHeader.AlignmentKey, out var said)) said.TryGetInteger(out alignment);
        byte[] header = WriteHeader(values, contents, alignment);
        long dataStart = contents.Count == 0 ? header.Length : GgufLayout.Align(header.Length, alignment);
        var file = AtomicFile.Create(path, contents.Sum(t => GgufLayout.Align(t.Bytes, alignment)) + dataStart);
        try
        {
            file.Stream.Write(header);
            Pad(file.Stream, dataStart - header.Length);
            foreach (var tensor in contents)
            {
                tensor.WriteTo(file.Stream);
                Pad(file.Stream, GgufLayout.Align(tensor.Bytes, alignment) - tensor.Bytes);
            }
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private byte[] WriteHeader(OrderedDictionary<string, GgufValue> values, IReadOnlyList<TensorOutput> contents, uint alignment)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(GgufHeader.Magic);
        writer.Write(Version);
        writer.Write((ulong)contents.Count);
        writer.Write((ulong)values.Count);
        foreach (var (key, value) in values)
        {
            GgufValueWriter.WriteName(writer, key);
            GgufValueWriter.WriteValue(writer, value);
        }
        long offset = 0;
        foreach (var tensor in contents)
        {
            GgufValueWriter.WriteName(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            for (int d = tensor.Shape.Length - 1; d >= 0; d--) writer.Write((ulong)tensor.Shape[d]);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset = GgufLayout.Align(checked(offset + tensor.Bytes), alignment);
        }
        writer.Flush();
        return memory.ToArray();
    }

    private static void Pad(Stream stream, long count)
    {
        Span<byte> zeros = stackalloc byte[256];
        zeros.Clear();
        for (; count > 0; count -= Math.Min(count, zeros.Length)) stream.Write(zeros[..(int)Math.Min(count, zeros.Length)]);
    }

    private GgufWriter Add(TensorOutput tensor)
    {
        if (Encoding.UTF8.GetByteCount(tensor.Name) > LongestTensorName)
            throw new ArgumentException($"the tensor name {Wording.Quote(tensor.Name)} is longer than the {LongestTensorName} bytes that GGUF readers accept", nameof(tensor));
        if (tensor.Shape.Length is 0 or > GgufTensorInfo.MostDimensions || tensor.Shape.Contains(0))
            throw new ArgumentException($"tensor {Wording.Quote(tensor.Name)} [{string.Join(", ", tensor.Shape)}] does not have 1 to {GgufTensorInfo.MostDimensions} dimensions of at least 1", nameof(tensor));
        if (tensor.StoredAs is "U8" or "BOOL")
            throw new ArgumentException($"tensor {Wording.Quote(tensor.Name)} is {tensor.StoredAs}, a type that GGUF does not have", nameof(tensor));
        if (!tensors.TryAdd(tensor.Name, tensor)) throw new ArgumentException($"tensor {Wording.Quote(tensor.Name)} was added before", nameof(tensor));
        return this;
    }
}
