using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace Lapwing.Fuzz;

/// <summary>
/// A folder for inputs that broke something. The input at work stands in a mapped file all the while, so that it survives even a death
/// without exception (stack overflow, access violation); a watchdog ends the process if an input hangs.
/// </summary>
internal sealed class CrashLog : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);
    private readonly string folder;
    private readonly string name;
    private readonly string currentPath;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly Timer watchdog;
    private long startedAt;
    private byte[] current = [];

    public CrashLog(string folder, string name)
    {
        (this.folder, this.name) = (folder, name);
        Directory.CreateDirectory(folder);
        currentPath = Path.Combine(folder, name + ".current");
        map = MemoryMappedFile.CreateFromFile(currentPath, FileMode.Create, null, 4 + Mutation.Mutator.LargestInput);
        view = map.CreateViewAccessor();
        watchdog = new Timer(_ => Watch(), null, 1000, 1000);
    }

    /// <summary>Notes the input; dispose the result when it is done.</summary>
    public Mark Begin(byte[] input)
    {
        view.Write(0, input.Length);
        view.WriteArray(4, input, 0, Math.Min(input.Length, Mutation.Mutator.LargestInput));
        current = input;
        Volatile.Write(ref startedAt, Environment.TickCount64);
        return new Mark(this);
    }

    public void Save(byte[] input, string what)
    {
        string path = Path.Combine(folder, $"{name}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(path + ".bin", input);
        File.WriteAllText(path + ".txt", what + "\n");
    }

    public void Dispose()
    {
        watchdog.Dispose();
        view.Dispose();
        map.Dispose();
        File.Delete(currentPath);
        if (Directory.GetFiles(folder).Length == 0) Directory.Delete(folder);
    }

    private void Watch()
    {
        long since = Volatile.Read(ref startedAt);
        if (since == 0 || Environment.TickCount64 - since < Hang.TotalMilliseconds) return;
        Save(current, $"hangs: no end after {Hang}");
        Console.Error.WriteLine($"error: an input hangs the {name} target; it was saved in {folder}");
        Environment.Exit(1);
    }

    /// <summary>The time while an input is at work.</summary>
    public readonly struct Mark(CrashLog log) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref log.startedAt, 0);
    }
}
