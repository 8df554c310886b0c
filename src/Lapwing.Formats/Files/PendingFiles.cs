using System.Runtime.InteropServices;

namespace Lapwing.Formats.Files;

/// <summary>Files written aside that have no name yet: removed when the process ends before they get one.</summary>
internal static class PendingFiles
{
    private const string Prefix = ".lapwing-";
    private const string Suffix = ".tmp";

    /// <summary>A file is locked right after it was created: one this old without a lock has lost its process.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal);
    private static PosixSignalRegistration[]? signals;

    /// <summary>See <see cref="AtomicFile.InterruptsAreHandled"/>.</summary>
    public static bool InterruptsAreHandled { get; set; }

    public static string NewName() => $"{Prefix}{Guid.NewGuid():N}{Suffix}";

    /// <summary>Removes what killed processes left in a folder: nobody can clean up after a kill or a power cut but the next writer.</summary>
    public static void Sweep(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, $"{Prefix}*{Suffix}"))
        {
            try
            {
                if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < Fresh) continue;
                // Opening fails while the process that writes it lives.
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete)) File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or not ours to delete: it takes space, no more.
            }
        }
    }

    public static void Add(string path)
    {
        lock (Gate)
        {
            Paths.Add(path);
            if (signals is not null) return;
            AppDomain.CurrentDomain.ProcessExit += (_, _) => DeleteAll();
            // An interrupt that nobody handles ends the process without ProcessExit.
            signals = [Watch(PosixSignal.SIGINT), Watch(PosixSignal.SIGTERM), Watch(PosixSignal.SIGHUP), Watch(PosixSignal.SIGQUIT)];
        }
    }

    public static void Forget(string path)
    {
        lock (Gate) Paths.Remove(path);
    }

    public static void Delete(string path)
    {
        Forget(path);
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Best effort on the way out of an error that matters more.
        }
    }

    private static PosixSignalRegistration Watch(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        if (!InterruptsAreHandled && !context.Cancel) DeleteAll();
    });

    private static void DeleteAll()
    {
        string[] all;
        lock (Gate) all = [.. Paths];
        foreach (string path in all) Delete(path);
    }
}
