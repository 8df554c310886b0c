using System.Runtime.InteropServices;

namespace Lapwing.Tensors;

/// <summary>Pages of memory on Windows: VirtualAlloc, VirtualProtect, VirtualFree.</summary>
internal static unsafe partial class WindowsPages
{
    private const uint CommitAndReserve = 0x3000, Release = 0x8000, ReadWrite = 0x04, ExecuteRead = 0x20;

    /// <summary>Zeroed pages that can be written, or null.</summary>
    public static byte* Take(nuint bytes) => (byte*)Allocate(0, bytes, CommitAndReserve, ReadWrite);

    /// <summary>From now on the pages can be run and no longer written; false where the system does not allow it.</summary>
    public static bool MakeExecutable(byte* pages, nuint bytes) => Protect((nint)pages, bytes, ExecuteRead, out _) != 0;

    public static void Give(byte* pages) => _ = Free((nint)pages, 0, Release);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc")]
    private static partial nint Allocate(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualProtect")]
    private static partial int Protect(nint address, nuint size, uint protection, out uint before);

    [LibraryImport("kernel32", EntryPoint = "VirtualFree")]
    private static partial int Free(nint address, nuint size, uint type);
}
