using Lapwing.Formats.Files;

namespace Lapwing.Formats.Gguf;

/// <summary>
/// A GGUF file (version 2 or 3), or the set of files that one model was split into, opened for reading. Metadata is read at once and
/// copied; tensor data stays in the file, mapped into memory.
/// </summary>
public sealed class GgufFile : ITensorSource
{
    private readonly InputBytes[] inputs;

    private GgufFile(string path, InputBytes[] inputs, GgufHeader[] headers)
    {
        Path = path;
        this.inputs = inputs;
        Version = headers[0].Version;
        Alignment = headers[0].Alignment;
        Metadata = new GgufMetadata(inputs[0].Path, headers[0].Metadata);
        var tensors = new OrderedDictionary<string, TensorView>(StringComparer.Ordinal);
        for (int part = 0; part < headers.Length; part++)
        {
            foreach (var info in headers[part].Tensors)
            {
                var view = new TensorView(info.Name, info.Type, info.Type.ToString(), info.Shape, inputs[part], headers[part].DataStart + (long)info.Offset, info.Bytes);
                if (!tensors.TryAdd(info.Name, view)) throw inputs[part].Bad($"tensor {Wording.Quote(info.Name)} stands in an earlier part as well");
            }
        }
        Tensors = tensors;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>2 or 3.</summary>
    public uint Version { get; }

    /// <summary>The metadata; of a split model, that of its first file.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Bytes that tensor data is aligned to (<c>general.alignment</c>, 32 where the file does not say).</summary>
    public long Alignment { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>The files that were opened: one, or all parts of a split model in order.</summary>
    public IReadOnlyList<string> Parts => [.. inputs.Select(i => i.Path)];

    /// <summary>
    /// Opens a GGUF file. For any part of a split model (<c>NAME-00001-of-00003.gguf</c>) all of its files are opened as one.
    /// </summary>
    /// <exception cref="FileNotFoundException">The file, or a part of it, is missing.</exception>
    /// <exception cref="IOException">It is a folder, pipe or device, or may not be read.</exception>
    /// <exception cref="InvalidDataException">It is no GGUF file, or damaged.</exception>
    /// <exception cref="NotSupportedException">It is well-formed but beyond this version.</exception>
    public static GgufFile Open(string path, FileLoading loading = FileLoading.Map) => Open(path, p => InputFile.Open(p, loading));

    /// <summary>Opens with whatever <paramref name="open"/> makes of a path.</summary>
    internal static GgufFile Open(string path, Func<string, InputBytes> open)
    {
        var inputs = new List<InputBytes>();
        try
        {
            inputs.Add(open(path));
            var headers = new List<GgufHeader> { GgufHeader.Read(inputs[0]) };
            GgufSplit.OpenOthers(path, inputs, headers, open);
            return new GgufFile(path, [.. inputs], [.. headers]);
        }
        catch
        {
            foreach (var input in inputs) input.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the file; every <see cref="TensorView"/> is dead from here on.</summary>
    public void Dispose()
    {
        foreach (var input in inputs) input.Dispose();
    }
}
