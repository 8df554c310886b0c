namespace Lapwing.Formats;

/// <summary>How tensor data comes into memory.</summary>
public enum FileLoading
{
    /// <summary>
    /// The file is mapped: opening is instant and pages are shared with other processes. If another program cuts the file short
    /// while it is mapped, the system kills this process at the next read past the new end (SIGBUS): nothing that was written
    /// before is lost, and the exit code is not zero.
    /// </summary>
    Map,

    /// <summary>The file is read into memory once: slower to open, and immune to what happens to the file afterwards.</summary>
    Copy,
}
