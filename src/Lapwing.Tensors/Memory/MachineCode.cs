namespace Lapwing.Tensors;

/// <summary>
/// Machine code made at run time. Its pages are written first and executable afterwards, never both; they live as long as the process. Hardened
/// systems refuse executable pages: <see cref="Allowed"/> has tried.
/// </summary>
internal static unsafe class MachineCode
{
    private static readonly Lazy<bool> Probe = new(() => Place([0xc3]) is not null);

    /// <summary>Whether the system lets this process run pages that it wrote.</summary>
    public static bool Allowed => Probe.Value;

    /// <summary>The code in pages of its own, ready to be called; null where the system refuses.</summary>
    public static void* Place(ReadOnlySpan<byte> code)
    {
        nuint bytes = (nuint)Math.Max(code.Length, 1);
        bool windows = OperatingSystem.IsWindows();
        byte* pages = windows ? WindowsPages.Take(bytes) : UnixPages.Take(bytes);
        if (pages is null) return null;
        code.CopyTo(new Span<byte>(pages, code.Length));
        if (windows ? WindowsPages.MakeExecutable(pages, bytes) : UnixPages.MakeExecutable(pages, bytes)) return pages;
        if (windows) WindowsPages.Give(pages);
        else UnixPages.Give(pages, bytes);
        return null;
    }
}
