namespace Lapwing.Formats.Files;

/// <summary>
/// The bytes of one input file. Headers are read by copying (<see cref="ReadAt"/>), so that a file that changes underneath can
/// never make a checked length wrong; tensor data is used where it lies (<see cref="Data"/>).
/// </summary>
internal abstract unsafe class InputBytes : IDisposable
{
    protected InputBytes(string path, long length)
    {
        Path = path;
        Length = length;
    }

    /// <summary>For messages.</summary>
    public string Path { get; }

    /// <summary>The size when the file was opened: every bound derives from it.</summary>
    public long Length { get; }

    /// <summary>The whole file in memory, mapped or copied at first use.</summary>
    public abstract byte* Data { get; }

    /// <summary>Fills <paramref name="target"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="InvalidDataException">The file ends before that.</exception>
    public abstract void ReadAt(long offset, Span<byte> target);

    public abstract void Dispose();

    /// <summary>The error for damaged content, with where it is and what helps.</summary>
    public InvalidDataException Bad(string what) => new($"{what}, in {Path}: the file is damaged or incomplete; download or convert it again");

    /// <summary>The error for content that is well-formed but not readable by this version.</summary>
    public NotSupportedException Beyond(string what) => new($"{what}, in {Path}");
}
