using System.Runtime.InteropServices;

namespace Lapwing.Formats.Files;

/// <summary>Tells files from folders, pipes, sockets and devices without opening them.</summary>
internal static unsafe partial class FileKind
{
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Returns if <paramref name="path"/> (links followed) is a regular file.</summary>
    /// <exception cref="FileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="IOException">It is something else.</exception>
    public static void RequireRegular(string path)
    {
        if (Directory.Exists(path)) throw new IOException($"{path} is a folder; name a file in it");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} does not exist; check the path", path);
        if (Irregular(path) is { } kind) throw new IOException($"{path} is {kind}, not a file; write its content to a file first");
    }

    /// <summary>What an existing path is if it is no regular file and no folder; null where it is one or the system cannot say.</summary>
    public static string? Irregular(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        // struct statx has the same layout on every architecture: 256 bytes, stx_mode (16 bits) at byte 28 (statx(2)).
        byte* status = stackalloc byte[256];
        try
        {
            const int currentFolder = -100;
            const uint typeOnly = 1;
            if (StatX(currentFolder, path, 0, typeOnly, status) != 0) return null;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
        return (*(ushort*)(status + 28) & TypeMask) switch
        {
            Regular or 0x4000 => null,
            0x1000 => "a pipe",
            0x2000 => "a character device",
            0x6000 => "a block device",
            0xC000 => "a socket",
            _ => "a special file",
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, byte* status);
}
