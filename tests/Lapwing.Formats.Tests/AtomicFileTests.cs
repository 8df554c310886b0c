using System.Diagnostics;
using System.Runtime.Versioning;

namespace Lapwing.Formats.Tests;

/// <summary>A file is there complete or not at all.</summary>
public sealed class AtomicFileTests
{
    [Fact]
    public void A_committed_file_holds_what_was_written_and_nothing_else_is_left()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder.File("a.txt"), "first");
        AtomicFile.WriteAllText(folder.File("a.txt"), "second");
        Assert.Equal("second", File.ReadAllText(folder.File("a.txt")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_exception_leaves_the_old_file_and_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.txt", [1, 2, 3]);
        Assert.Throws<FormatException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new FormatException();
        }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Reserved_space_does_not_show_in_the_size()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.Write(folder.File("a"), stream => stream.Write([1, 2, 3]), expectedBytes: 1 << 20);
        Assert.Equal(3, new FileInfo(folder.File("a")).Length);
    }

    [Fact]
    public void A_name_of_255_bytes_can_be_written()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(new string('n', 255));
        AtomicFile.WriteAllText(path, "x");
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_symbolic_link_is_followed_and_stays_a_link()
    {
        using var folder = new TemporaryFolder();
        string target = folder.Write("target", [1]);
        string link = folder.File("link");
        File.CreateSymbolicLink(link, target);
        AtomicFile.WriteAllText(link, "new");
        Assert.Equal("new", File.ReadAllText(target));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void A_link_in_the_current_folder_is_followed_by_its_bare_name_too()
    {
        string link = $"link-{Guid.NewGuid():N}", target = link + ".target";
        try
        {
            File.WriteAllText(target, "old");
            File.CreateSymbolicLink(link, target);
            AtomicFile.WriteAllText(link, "new");
            Assert.Equal("new", File.ReadAllText(target));
        }
        finally
        {
            File.Delete(link);
            File.Delete(target);
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_mode_of_a_replaced_file_stays()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes");
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", [1]);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        AtomicFile.WriteAllText(path, "x");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_missing_folder_a_folder_and_a_device_are_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", Assert.ThrowsAny<IOException>(() => AtomicFile.Create(folder.File("none/a"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.ThrowsAny<IOException>(() => AtomicFile.Create(folder.Path)).Message, StringComparison.Ordinal);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices are known on Linux");
        Assert.Contains("character device", Assert.ThrowsAny<IOException>(() => AtomicFile.Create("/dev/full")).Message, StringComparison.Ordinal);
        Assert.True(File.Exists("/dev/full"));
    }

    [Fact]
    public void A_full_disk_is_one_clear_error_and_leaves_the_old_file()
    {
        using var folder = new TemporaryFolder();
        Assert.SkipUnless(OperatingSystem.IsLinux() && Shell($"mount -t tmpfs -o size=256k tmpfs {folder.Path}") == 0, "needs the right to mount a tiny disk");
        try
        {
            string path = folder.Write("a", [1, 2, 3]);
            var late = Assert.Throws<IOException>(() => AtomicFile.WriteAllBytes(path, new byte[1 << 20]));
            Assert.Equal($"{path} cannot be written: the disk is full; free space or choose another folder", late.Message);
            var early = Assert.Throws<IOException>(() => AtomicFile.Create(path, 1 << 20));
            Assert.Equal(late.Message, early.Message);
            Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
            Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        }
        finally
        {
            Shell($"umount {folder.Path}");
        }
    }

    [Fact]
    public void A_read_only_disk_is_one_clear_error()
    {
        using var folder = new TemporaryFolder();
        Assert.SkipUnless(OperatingSystem.IsLinux() && Shell($"mount -t tmpfs -o ro,size=64k tmpfs {folder.Path}") == 0, "needs the right to mount a tiny disk");
        try
        {
            Assert.Contains("read-only", Assert.Throws<IOException>(() => AtomicFile.Create(folder.File("a"))).Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell($"umount {folder.Path}");
        }
    }

    private static bool IsIgnored(string signal)
    {
        const string field = "SigIgn:";
        string? line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal)) : null;
        int number = signal switch { "HUP" => 1, "INT" => 2, _ => 15 };
        return line is not null && (Convert.ToUInt64(line[field.Length..].Trim(), 16) >> (number - 1) & 1) != 0;
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void An_interrupted_process_leaves_the_old_file_and_nothing_beside_it(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");
        Assert.SkipWhen(IsIgnored(signal), $"SIG{signal} is ignored by whoever started the tests (a background job), and children inherit that");
        using var folder = new TemporaryFolder();
        folder.Write("target", [1, 2, 3]);
        int code = ChildProcess.Run("write-without-end", folder.Path, child =>
        {
            Assert.Equal(3, Directory.GetFileSystemEntries(folder.Path).Length);
            Assert.Equal(0, Shell($"kill -{signal} {child.Id}"));
        });
        Assert.NotEqual(0, code);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder.File("target")));
        Assert.Equal(["ready", "target"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_program_that_handles_interrupts_itself_can_finish_its_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals");
        using var folder = new TemporaryFolder();
        int code = ChildProcess.Run("finish-despite-interrupt", folder.Path, child =>
        {
            Assert.Equal(0, Shell($"kill -INT {child.Id}"));
            Thread.Sleep(200);
            ChildProcess.Signal(folder.Path, "go");
        });
        Assert.Equal(0, code);
        Assert.Equal([4, 5, 6], File.ReadAllBytes(folder.File("target")));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_by_the_next_writer_and_what_a_living_one_writes_is_not()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder.File("a"), "x");
        using (var living = AtomicFile.Create(folder.File("b")))
        {
            string inUse = Directory.GetFiles(folder.Path, ".lapwing-*").Single();
            File.SetLastWriteTimeUtc(inUse, DateTime.UtcNow.AddDays(-1));
            string left = folder.Write($".lapwing-{Guid.NewGuid():N}.tmp", [1, 2, 3]);
            File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-1));
            string fresh = folder.Write($".lapwing-{Guid.NewGuid():N}.tmp", [1, 2, 3]);
            AtomicFile.WriteAllText(folder.File("c"), "x");
            Assert.False(File.Exists(left));
            Assert.True(File.Exists(fresh));
            living.Commit();
        }
        Assert.True(File.Exists(folder.File("b")));
    }

    private static int Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " 2>/dev/null"]))!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
