using System.IO.MemoryMappedFiles;
using Lapwing.Tensors;
using Microsoft.Win32.SafeHandles;

namespace Lapwing.Formats.Files;

/// <summary>A regular file, opened for reading. Symbolic links are followed: the Hugging Face cache is made of them.</summary>
internal sealed unsafe class InputFile : InputBytes
{
    private readonly SafeFileHandle handle;
    private readonly FileLoading loading;
    private readonly Lock gate = new();
    private MemoryMappedFile? map;
    private MemoryMappedViewAccessor? view;
    private NativeBuffer? copy;
    private byte* data;
    private bool disposed;

    private InputFile(string path, SafeFileHandle handle, long length, FileLoading loading)
        : base(path, length)
    {
        this.handle = handle;
        this.loading = loading;
    }

    /// <inheritdoc/>
    public override byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return data is not null ? data : Load();
        }
    }

    /// <summary>Opens the file for reading.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is a folder, a pipe or a device.</exception>
    /// <exception cref="InvalidDataException">It is empty.</exception>
    public static InputFile Open(string path, FileLoading loading = FileLoading.Map)
    {
        // A pipe must be told from a file before it is opened: opening one waits for a writer that may never come.
        FileKind.RequireRegular(path);
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read: permission denied; check its owner and mode", e);
        }
        long length = RandomAccess.GetLength(handle);
        if (length > 0) return new InputFile(path, handle, length, loading);
        handle.Dispose();
        throw new InvalidDataException($"{path} is empty: the download or the copy did not finish; fetch it again");
    }

    /// <summary>The whole content of a small text file (JSON), up to <paramref name="most"/> bytes.</summary>
    public static byte[] ReadAll(string path, int most)
    {
        using var file = Open(path);
        if (file.Length > most) throw new InvalidDataException($"{path} has {file.Length} bytes, more than the {most} that a file of its kind may have");
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override void ReadAt(long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(handle, target, offset);
            if (read == 0) throw Bad($"the file was cut short at byte {offset} while it was read");
            target = target[read..];
            offset += read;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            if (view is not null && data is not null) view.SafeMemoryMappedViewHandle.ReleasePointer();
            data = null;
            view?.Dispose();
            map?.Dispose();
            copy?.Dispose();
            handle.Dispose();
        }
    }

    private byte* Load()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (data is null)
            {
                if (loading == FileLoading.Copy) Copy();
                else Map();
            }
            return data;
        }
    }

    private void Map()
    {
        if (RandomAccess.GetLength(handle) < Length) throw Bad("the file was cut short while it was read");
        map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        data = start + view.PointerOffset;
    }

    private void Copy()
    {
        var buffer = new NativeBuffer(Length);
        try
        {
            const int chunk = 16 << 20;
            for (long at = 0; at < Length; at += chunk) ReadAt(at, new Span<byte>(buffer.Data + at, (int)Math.Min(chunk, Length - at)));
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        copy = buffer;
        data = buffer.Data;
    }
}
