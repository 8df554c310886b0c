using System.Runtime.InteropServices;

namespace Lapwing.Formats.Files;

/// <summary>Makes a rename survive a power cut: on Unix a name is safe on the disk only after its folder is flushed.</summary>
internal static partial class FolderSync
{
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            int descriptor = Open(folder, 0);
            if (descriptor < 0) return;
            // Some file systems cannot flush a folder: the file itself is already safe, so the answer does not matter.
            _ = Sync(descriptor);
            _ = Close(descriptor);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // A C library without these names: the file itself was flushed.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
