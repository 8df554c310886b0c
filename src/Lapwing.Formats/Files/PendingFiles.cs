using System.Runtime.InteropServices;

namespace Lapwing.Formats.Files;

/// <summary>Files written aside that have no name yet: removed when the process ends before they get one.</summary>
internal static class PendingFiles
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal);
    private static PosixSignalRegistration[]? signals;

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
        // Whoever cancels the default action winds down in order and disposes (or commits) its files.
        if (!context.Cancel) DeleteAll();
    });

    private static void DeleteAll()
    {
        string[] all;
        lock (Gate) all = [.. Paths];
        foreach (string path in all) Delete(path);
    }
}
