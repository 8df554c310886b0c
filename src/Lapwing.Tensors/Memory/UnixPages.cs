using System.Runtime.InteropServices;

namespace Lapwing.Tensors;

/// <summary>Pages of memory on Linux and macOS: mmap(2), mprotect(2), munmap(2).</summary>
internal static unsafe partial class UnixPages
{
    private const int Read = 1, Write = 2, Execute = 4, Private = 2;

    private static int Anonymous => OperatingSystem.IsMacOS() ? 0x1000 : 0x20;

    /// <summary>Zeroed pages that can be written, or null.</summary>
    public static byte* Take(nuint bytes)
    {
        nint pages = Map(0, bytes, Read | Write, Private | Anonymous, -1, 0);
        return pages == -1 ? null : (byte*)pages;
    }

    /// <summary>From now on the pages can be run and no longer written; false where the system does not allow it.</summary>
    public static bool MakeExecutable(byte* pages, nuint bytes) => Protect((nint)pages, bytes, Read | Execute) == 0;

    public static void Give(byte* pages, nuint bytes) => _ = Unmap((nint)pages, bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
