using System.Security.Cryptography;
using Lapwing.Cli.Host;

namespace Lapwing.Cli.Showing;

/// <summary>SHA-256 of files.</summary>
internal static class FileHashes
{
    /// <summary>One lower-case hexadecimal hash a file, in order.</summary>
    public static IReadOnlyList<(string File, string Hash)> Compute(IReadOnlyList<string> files, Surroundings surroundings)
    {
        double megabytes = files.Sum(f => new FileInfo(f).Length) / 1e6;
        var cancelled = surroundings.Interruption.Token;
        return ProgressMeter.Run(surroundings, "hashing", megabytes, "MB", meter =>
        {
            var hashes = new List<(string, string)>();
            double done = 0;
            byte[] buffer = new byte[4 << 20];
            foreach (string file in files)
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                for (int read; (read = stream.Read(buffer)) > 0;)
                {
                    cancelled.ThrowIfCancellationRequested();
                    hash.AppendData(buffer, 0, read);
                    meter.Report((done += read) / 1e6);
                }
                hashes.Add((file, Convert.ToHexStringLower(hash.GetHashAndReset())));
            }
            return hashes;
        });
    }
}
