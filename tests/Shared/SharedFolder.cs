using System.Runtime.CompilerServices;

namespace Lapwing.Testing;

/// <summary>
/// The folder <c>shared</c> beside a checkout holds reference models, vectors and data that are too large (or not ours) to ship.
/// Tests that need it skip, visibly, where it is missing; a trimmed choice of it stands in <c>tests/Shared/Data</c>, so that a clone alone
/// still checks itself against the references.
/// </summary>
internal static class SharedFolder
{
    private static readonly (string? Beside, string Own) Roots = Find();

    /// <summary>The path of a file or folder below <c>shared</c>, or of its copy here; skips the calling test where neither exists.</summary>
    public static string Path(string relative)
    {
        string own = System.IO.Path.Combine(Roots.Own, relative);
        string? found = Beside(relative) ?? (File.Exists(own) || Directory.Exists(own) ? own : null);
        Skip(found, relative);
        return found!;
    }

    /// <summary>A folder below <c>shared</c> with all that it holds, for tests that count: the choice of it that stands here will not do.</summary>
    public static string Whole(string relative)
    {
        string? found = Beside(relative);
        Skip(found, relative);
        return found!;
    }

    private static string? Beside(string relative) =>
        Roots.Beside is { } root && System.IO.Path.Combine(root, relative) is var path && (File.Exists(path) || Directory.Exists(path)) ? path : null;

    private static void Skip(string? found, string relative) => Assert.SkipWhen(found is null, $"needs ../shared/{relative}, which this checkout does not have");

    private static (string? Beside, string Own) Find([CallerFilePath] string here = "")
    {
        // tests/Shared/SharedFolder.cs → the checkout → its parent.
        string folder = System.IO.Path.GetDirectoryName(here)!;
        string checkout = System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(folder))!;
        string beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(checkout) ?? ".", "shared"), own = System.IO.Path.Combine(folder, "Data");
        return (Directory.Exists(System.IO.Path.Combine(beside, "models")) ? beside : null, own);
    }
}
