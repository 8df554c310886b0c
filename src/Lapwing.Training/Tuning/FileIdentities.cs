using System.Security.Cryptography;

namespace Lapwing.Training;

/// <summary>Files by their hashes.</summary>
public static class FileIdentities
{
    private static readonly string[] Belongs = [".safetensors", ".gguf", ".json", ".jinja", ".model", ".txt"];

    /// <summary>The identity of a file; or of a folder's files that make up a model or adapter, in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is nothing there.</exception>
    public static IReadOnlyList<FileIdentity> Of(string path, CancellationToken cancellation = default)
    {
        if (!Directory.Exists(path)) return [OfFile(path, cancellation)];
        return [.. Directory.GetFiles(path).Where(f => Belongs.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal).Select(f => OfFile(f, cancellation))];
    }

    private static FileIdentity OfFile(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} does not exist", path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[4 << 20];
        long bytes = 0;
        for (int read; (read = stream.Read(buffer)) > 0; bytes += read)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return new(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }
}
