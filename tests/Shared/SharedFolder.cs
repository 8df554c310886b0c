using System.Runtime.CompilerServices;

namespace Lapwing.Testing;

/// <summary>
/// The folder <c>shared</c> beside a checkout holds reference models, vectors and data that are too large (or not ours) to ship.
/// Tests that need it skip, visibly, where it is missing.
/// </summary>
internal static class SharedFolder
{
    private static readonly string? Root = Find();

    /// <summary>The path of a file or folder below <c>shared</c>; skips the calling test where it does not exist.</summary>
    public static string Path(string relative)
    {
        Assert.SkipWhen(Root is null, $"needs ../shared/{relative}, which this checkout does not have");
        string path = System.IO.Path.Combine(Root!, relative);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"needs ../shared/{relative}, which this checkout does not have");
        return path;
    }

    private static string? Find([CallerFilePath] string here = "")
    {
        // tests/Shared/SharedFolder.cs → the checkout → its parent.
        string? checkout = System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(here)));
        string? parent = System.IO.Path.GetDirectoryName(checkout);
        string candidate = System.IO.Path.Combine(parent ?? ".", "shared");
        return Directory.Exists(System.IO.Path.Combine(candidate, "models")) ? candidate : null;
    }
}
