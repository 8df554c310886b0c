namespace Lapwing.Fuzz;

/// <summary>Files and folders that are gone when the process ends.</summary>
internal static class TemporaryFile
{
    private static readonly Lazy<string> Folder = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("lapwing-fuzz-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    /// <summary>A path for a file that does not exist yet.</summary>
    public static string New(string extension) => Path.Combine(Folder.Value, Guid.NewGuid().ToString("N") + extension);

    /// <summary>An empty folder.</summary>
    public static string NewFolder() => Directory.CreateDirectory(New("")).FullName;

    /// <summary>What a writer writes, in memory.</summary>
    public static byte[] Content(Action<string> write)
    {
        string path = New("");
        try
        {
            write(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
