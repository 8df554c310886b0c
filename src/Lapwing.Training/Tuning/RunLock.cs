namespace Lapwing.Training;

/// <summary>
/// Keeps a folder to one run: two that write to the same one would both report success, and one's work would be gone. The system lets go of it when
/// the process ends, however it ends.
/// </summary>
public sealed class RunLock : IDisposable
{
    /// <summary>The file that is locked, there as long as the run.</summary>
    public const string FileName = ".running";

    private readonly FileStream file;

    private RunLock(FileStream file) => this.file = file;

    /// <summary>Locks a folder that is there.</summary>
    /// <exception cref="IOException">Another run has it, or nothing can be written there.</exception>
    public static RunLock Take(string folder)
    {
        try
        {
            return new RunLock(new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException e) when (File.Exists(Path.Combine(folder, FileName)))
        {
            throw new IOException($"{folder}: another run is writing there: wait for its end, or choose another folder with -o", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
