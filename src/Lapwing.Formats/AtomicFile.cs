using Lapwing.Formats.Files;

namespace Lapwing.Formats;

/// <summary>
/// A file that appears under its name complete or not at all: it is written aside in the same folder, flushed to the disk and renamed
/// by <see cref="Commit"/>. Without a commit (exception, Ctrl-C, end of the process) what was written is removed and an older
/// file of that name stays as it was.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string target;
    private readonly string aside;
    private readonly OutputStream stream;
    private bool done;

    private AtomicFile(string target, string aside, OutputStream stream)
    {
        this.target = target;
        this.aside = aside;
        this.stream = stream;
    }

    /// <summary>
    /// Set by a program that handles interrupts itself (cancels the default action and winds down, or calls
    /// <see cref="Environment.Exit"/>): unfinished files then live until they are disposed or the process exits. Otherwise they are removed on
    /// the signal. The library cannot find out: .NET asks the handlers in reverse order of registration, so it is asked before the program.
    /// </summary>
    public static bool InterruptsAreHandled
    {
        get => PendingFiles.InterruptsAreHandled;
        set => PendingFiles.InterruptsAreHandled = value;
    }

    /// <summary>Where the content goes.</summary>
    public Stream Stream => stream;

    /// <summary>Begins a file that will be called <paramref name="path"/>; a symbolic link there is followed, not replaced.</summary>
    /// <param name="path">The final name; its folder must exist.</param>
    /// <param name="expectedBytes">Where known: reserved at once, so that a full disk is noticed before the work and not after.</param>
    /// <exception cref="IOException">The folder is missing or may not be written, the disk is full, or the name is taken by a folder or device.</exception>
    public static AtomicFile Create(string path, long expectedBytes = 0)
    {
        string target = Resolve(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{path} cannot be written: the folder {folder} does not exist; create it first");
        if (Directory.Exists(target)) throw new IOException($"{path} cannot be written: it is a folder; name a file");
        if (FileKind.Irregular(target) is { } kind) throw new IOException($"{path} cannot be written: it is {kind}, not a file; name a file");

        // A short name of our own: the target's name with a suffix could exceed the 255 bytes that a name may have.
        string aside = Path.Combine(folder, PendingFiles.NewName());
        PendingFiles.Add(aside);
        try
        {
            PendingFiles.Sweep(folder);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 16, PreallocationSize = expectedBytes };
            var file = new FileStream(aside, options);
            if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(aside, File.GetUnixFileMode(target));
            return new AtomicFile(target, aside, new OutputStream(file, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            PendingFiles.Delete(aside);
            throw OutputStream.Explain(e, path);
        }
    }

    /// <summary>Writes a file whose content <paramref name="write"/> produces.</summary>
    /// <exception cref="IOException">As <see cref="Create"/>, or a write failed.</exception>
    public static void Write(string path, Action<Stream> write, long expectedBytes = 0)
    {
        using var file = Create(path, expectedBytes);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Writes a file of these bytes.</summary>
    /// <exception cref="IOException">As <see cref="Create"/>, or a write failed.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> content)
    {
        using var file = Create(path);
        file.Stream.Write(content);
        file.Commit();
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <exception cref="IOException">As <see cref="Create"/>, or a write failed.</exception>
    public static void WriteAllText(string path, string content) => WriteAllBytes(path, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Flushes the content to the disk and gives the file its name.</summary>
    /// <exception cref="IOException">The disk is full, or the rename failed.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(done, this);
        stream.FlushToDisk();
        // Windows renames closed files only. Elsewhere the file stays open, and so locked, until it has its name (PendingFiles.Sweep).
        if (OperatingSystem.IsWindows()) stream.Dispose();
        try
        {
            File.Move(aside, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputStream.Explain(e, target);
        }
        done = true;
        PendingFiles.Forget(aside);
        stream.Dispose();
        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(target))!);
    }

    /// <summary>Removes what was written, unless it was committed.</summary>
    public void Dispose()
    {
        if (done) return;
        done = true;
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // Closing flushes the buffer, which fails again on a full disk: the content is thrown away in any case.
        }
        finally
        {
            PendingFiles.Delete(aside);
        }
    }

    private static string Resolve(string path)
    {
        try
        {
            // The full path first: of a relative link that is named relatively .NET looks for the target in the root folder.
            return File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            // Nothing there yet, or a link that leads nowhere: creation says what is wrong.
            return path;
        }
    }
}
