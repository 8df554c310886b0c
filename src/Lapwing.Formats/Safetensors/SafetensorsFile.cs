using Lapwing.Formats.Files;

namespace Lapwing.Formats.Safetensors;

/// <summary>One safetensors file, opened for reading; tensor data stays in the file, mapped into memory.</summary>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly InputBytes input;

    private SafetensorsFile(InputBytes input, SafetensorsHeader header)
    {
        this.input = input;
        Metadata = header.Metadata;
        var tensors = new OrderedDictionary<string, TensorView>(StringComparer.Ordinal);
        foreach (var entry in header.Entries)
            tensors.Add(entry.Name, new TensorView(entry.Name, entry.Type, entry.StoredAs, entry.Shape, input, header.DataStart + entry.Begin, entry.End - entry.Begin));
        Tensors = tensors;
    }

    /// <inheritdoc/>
    public string Path => input.Path;

    /// <summary>The free texts of <c>__metadata__</c>, in the file's order.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>Opens a safetensors file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is a folder, pipe or device, or may not be read.</exception>
    /// <exception cref="InvalidDataException">It is no safetensors file, or damaged.</exception>
    /// <exception cref="NotSupportedException">It holds a type that this version does not read.</exception>
    public static SafetensorsFile Open(string path, FileLoading loading = FileLoading.Map) => Open(InputFile.Open(path, loading));

    /// <summary>Takes ownership of <paramref name="input"/>.</summary>
    internal static SafetensorsFile Open(InputBytes input)
    {
        try
        {
            return new SafetensorsFile(input, SafetensorsHeader.Read(input));
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the file; every <see cref="TensorView"/> is dead from here on.</summary>
    public void Dispose() => input.Dispose();
}
