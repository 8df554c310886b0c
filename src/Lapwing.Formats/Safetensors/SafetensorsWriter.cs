using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lapwing.Tensors;

namespace Lapwing.Formats.Safetensors;

/// <summary>
/// Collects tensors and writes them as safetensors, atomically: one file, or shards with an index. Tensor data is fetched while
/// writing, so what was added by reference must stay alive until then.
/// </summary>
public sealed unsafe class SafetensorsWriter
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly OrderedDictionary<string, TensorOutput> tensors = new(StringComparer.Ordinal);

    /// <summary>Free texts for <c>__metadata__</c>. Transformers wants <c>format</c> = <c>pt</c>, which stands here from the start.</summary>
    public IDictionary<string, string> Metadata { get; } = new OrderedDictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Adds a tensor of another file, under its own name or another.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the type is one that safetensors lacks (block types).</exception>
    public SafetensorsWriter AddTensor(TensorView view, string? name = null) => Add(TensorOutput.FromView(view, name));

    /// <summary>Adds a tensor whose bytes stand in <paramref name="data"/>; <paramref name="shape"/> is outermost first.</summary>
    /// <exception cref="ArgumentException">As for views, or the sizes do not agree.</exception>
    public SafetensorsWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data) =>
        Add(TensorOutput.FromMemory(name, type, type.ToString(), shape.ToArray(), data));

    /// <summary>Adds a tensor of native memory that stays valid until the file is written.</summary>
    /// <exception cref="ArgumentException">As for views.</exception>
    public SafetensorsWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, byte* data) =>
        Add(TensorOutput.FromPointer(name, type, type.ToString(), shape.ToArray(), (nint)data));

    /// <summary>Adds a tensor whose bytes <paramref name="fill"/> produces while the file is written.</summary>
    /// <exception cref="ArgumentException">As for views.</exception>
    public SafetensorsWriter AddTensor(string name, ElementType type, ReadOnlySpan<long> shape, TensorFill fill) =>
        Add(new TensorOutput(name, type, type.ToString(), shape.ToArray(), fill));

    /// <summary>Writes one file.</summary>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public void Write(string path)
    {
        using var file = Write(path, [.. tensors.Values]);
        file.Commit();
    }

    /// <summary>
    /// Writes a model folder's weights: <c>model.safetensors</c>, or, where that would hold more than <paramref name="mostBytes"/> of data,
    /// <c>model-00001-of-0000N.safetensors</c> … with <c>model.safetensors.index.json</c>, written last. Weights of the other
    /// form that stood there before are removed: a reader would take them instead.
    /// </summary>
    /// <returns>The paths of the weight files.</returns>
    /// <exception cref="IOException">See <see cref="AtomicFile"/>.</exception>
    public IReadOnlyList<string> WriteFolder(string folder, long mostBytes = long.MaxValue)
    {
        Directory.CreateDirectory(folder);
        string single = Path.Combine(folder, "model.safetensors");
        string index = Path.Combine(folder, SafetensorsIndex.FileName);
        var groups = TensorGroups.Split([.. tensors.Values], mostBytes);
        if (groups.Count == 1)
        {
            Write(single);
            File.Delete(index);
            return [single];
        }

        var files = new List<AtomicFile>();
        var names = groups.Select((_, i) => $"model-{i + 1:00000}-of-{groups.Count:00000}.safetensors").ToList();
        try
        {
            for (int i = 0; i < groups.Count; i++) files.Add(Write(Path.Combine(folder, names[i]), groups[i]));
            foreach (var file in files) file.Commit();
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        AtomicFile.WriteAllBytes(index, Index(groups, names));
        File.Delete(single);
        return [.. names.Select(n => Path.Combine(folder, n))];
    }

    private static byte[] Index(List<List<TensorOutput>> groups, List<string> names)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, Plain with { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", groups.Sum(g => g.Sum(t => t.Bytes)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            for (int i = 0; i < groups.Count; i++)
                foreach (var tensor in groups[i]) json.WriteString(tensor.Name, names[i]);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return memory.ToArray();
    }

    private AtomicFile Write(string path, IReadOnlyList<TensorOutput> contents)
    {
        // Wide types first, as the reference does: then every tensor lies at a multiple of its element's size.
        TensorOutput[] ordered = [.. contents.OrderByDescending(t => t.Type.BlockBytes()).ThenBy(t => t.Name, StringComparer.Ordinal)];
        byte[] header = Header(ordered);
        var file = AtomicFile.Create(path, 8 + header.Length + ordered.Sum(t => t.Bytes));
        try
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Stream.Write(length);
            file.Stream.Write(header);
            foreach (var tensor in ordered) tensor.WriteTo(file.Stream);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private byte[] Header(TensorOutput[] ordered)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, Plain))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in Metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var tensor in ordered)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.StoredAs);
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // The data begins at a multiple of 8.
        while (memory.Length % 8 != 0) memory.WriteByte((byte)' ');
        if (memory.Length > SafetensorsHeader.LongestHeader) throw new ArgumentException($"a header of {memory.Length} bytes is more than safetensors allows; write shards");
        return memory.ToArray();
    }

    private SafetensorsWriter Add(TensorOutput tensor)
    {
        if (!SafetensorsTypes.Has(tensor.Type))
            throw new ArgumentException($"tensor {Wording.Quote(tensor.Name)} is {tensor.Type}, a type that safetensors does not have; convert it to F32, F16 or BF16 first", nameof(tensor));
        if (tensor.Name == "__metadata__") throw new ArgumentException("no tensor may be called __metadata__", nameof(tensor));
        if (!tensors.TryAdd(tensor.Name, tensor)) throw new ArgumentException($"tensor {Wording.Quote(tensor.Name)} was added before", nameof(tensor));
        return this;
    }
}
