using System.CommandLine;
using System.Text.RegularExpressions;

namespace Lapwing.Cli.Host;

/// <summary>
/// Where a command writes: what is there already is not written over unless the person says so, and never what the command reads. Looked at before
/// the work begins: an hour must not end at a name that is taken.
/// </summary>
internal static partial class OutputPath
{
    /// <summary><c>--force</c>.</summary>
    public static Option<bool> Force() => new("--force") { Description = "write over the file OUT where there is one" };

    /// <summary>Claims the name of a file to write.</summary>
    /// <exception cref="UsageException">It is one of the inputs, whatever name it goes by.</exception>
    /// <exception cref="IOException">It is a folder; or a file, and <paramref name="force"/> is not given.</exception>
    public static void ForFile(string target, bool force, params IEnumerable<string> inputs)
    {
        RefuseInputs(target, inputs);
        if (Directory.Exists(target)) throw new IOException($"{target} is a folder; name a file");
        if (File.Exists(target) && !force) throw new IOException($"{target} exists already; give --force to write over it, or another name");
    }

    /// <summary>Claims a folder to write: a new or an empty one, so that nothing of another model lies beside what is written.</summary>
    /// <exception cref="UsageException">It is one of the inputs, whatever name it goes by.</exception>
    /// <exception cref="IOException">It is a file, or holds something.</exception>
    public static void ForFolder(string target, params IEnumerable<string> inputs)
    {
        RefuseInputs(target, inputs);
        if (File.Exists(target)) throw new IOException($"{target} is a file; name a folder, or a name that ends in .gguf");
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw new IOException($"{target} is not empty; name a new folder, or delete that one");
    }

    private static void RefuseInputs(string target, IEnumerable<string> inputs)
    {
        string real = Real(target);
        foreach (string input in inputs)
            if (Real(input) is var read && (AnyPart(read) == AnyPart(real) || IsReadFrom(read, real))) throw new UsageException($"OUT is what is read, {input}; give OUT another name");
    }

    // Whichever part of a split model is named, all of them are read.
    private static string AnyPart(string path) => SplitNumber().Replace(path, "-of-");

    [GeneratedRegex(@"-[0-9]{5}-of-(?=[0-9]{5}\.gguf\z)", RegexOptions.CultureInvariant)]
    private static partial Regex SplitNumber();

    // Of a folder everything may be read but a .gguf, which is what an earlier conversion left beside the rest.
    private static bool IsReadFrom(string folder, string target) =>
        File.Exists(target) && Path.GetDirectoryName(target) == folder && !target.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>The full path with every symbolic link on the way followed.</summary>
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        string own = Path.Combine(Real(parent), Path.GetFileName(full));
        FileSystemInfo info = Directory.Exists(own) ? new DirectoryInfo(own) : new FileInfo(own);
        // A link may lead through other links: the names on its way are followed as well.
        return info.Exists && info.ResolveLinkTarget(returnFinalTarget: true) is { } link ? Real(link.FullName) : own;
    }
}
