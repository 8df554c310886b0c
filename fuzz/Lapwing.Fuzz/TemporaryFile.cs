namespace Lapwing.Fuzz;

/// <summary>What a writer writes, in memory.</summary>
internal static class TemporaryFile
{
    public static byte[] Content(Action<string> write)
    {
        string path = Path.Combine(Path.GetTempPath(), $"lapwing-fuzz-{Guid.NewGuid():N}");
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
