using Lapwing.Training;

namespace Lapwing.Cli.Tuning;

/// <summary>The folder that a run will fill: claimed before the work begins, and gone again where nothing came of it.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly bool existed;
    private readonly RunLock running;

    /// <summary>Claims it.</summary>
    /// <exception cref="IOException">It holds something already; or, to go on with a run, nothing of one.</exception>
    public OutputFolder(string path, bool resume)
    {
        Path = path;
        existed = Directory.Exists(path);
        TuneRun.ClaimFolder(path, resume);
        running = RunLock.Take(path);
    }

    public string Path { get; }

    public void Dispose()
    {
        running.Dispose();
        if (!existed && Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }
}
