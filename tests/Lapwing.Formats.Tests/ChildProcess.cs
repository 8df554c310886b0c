using System.Diagnostics;
using System.Runtime.InteropServices;
using Lapwing.Formats.Gguf;

namespace Lapwing.Formats.Tests;

/// <summary>A second process, for what one cannot do to oneself. The two talk through files in a folder.</summary>
internal static class ChildProcess
{
    /// <summary>The child's side.</summary>
    public static int Play(string name, string folder)
    {
        switch (name)
        {
            case "read-mapped":
                return ReadAll(folder, FileLoading.Map);
            case "read-copied":
                return ReadAll(folder, FileLoading.Copy);
            case "write-without-end":
                using (var file = AtomicFile.Create(Path.Combine(folder, "target")))
                {
                    file.Stream.Write(new byte[1 << 20]);
                    file.Stream.Flush();
                    Signal(folder, "ready");
                    WaitFor(folder, "go");
                    return 0;
                }
            case "finish-despite-interrupt":
                AtomicFile.InterruptsAreHandled = true;
                using (PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true))
                using (var file = AtomicFile.Create(Path.Combine(folder, "target")))
                {
                    file.Stream.Write([4, 5, 6]);
                    Signal(folder, "ready");
                    WaitFor(folder, "go");
                    file.Commit();
                    return 0;
                }
            default:
                return 99;
        }
    }

    /// <summary>Starts a child, waits until it is ready, does <paramref name="act"/> to it and returns its exit code.</summary>
    public static int Run(string name, string folder, Action<Process> act)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["child", name, folder]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        try
        {
            WaitFor(folder, "ready");
            act(child);
            Assert.True(child.WaitForExit(30_000), "the child does not end");
            return child.ExitCode;
        }
        finally
        {
            if (!child.HasExited) child.Kill();
        }
    }

    public static void Signal(string folder, string name) => File.WriteAllText(Path.Combine(folder, name), "");

    private static void WaitFor(string folder, string name)
    {
        for (int i = 0; i < 600 && !File.Exists(Path.Combine(folder, name)); i++) Thread.Sleep(50);
    }

    private static int ReadAll(string folder, FileLoading loading)
    {
        using var file = GgufFile.Open(Path.Combine(folder, "model.gguf"), loading);
        long sum = Sum(file);
        AtomicFile.WriteAllText(Path.Combine(folder, "kept"), "kept");
        Signal(folder, "ready");
        WaitFor(folder, "go");
        return Sum(file) == sum ? 0 : 1;
    }

    private static long Sum(GgufFile file)
    {
        long sum = 0;
        foreach (var tensor in file.Tensors.Values)
            foreach (byte value in tensor.Span) sum += value;
        return sum;
    }
}
