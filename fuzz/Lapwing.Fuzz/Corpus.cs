using System.Security.Cryptography;
using System.Text;

namespace Lapwing.Fuzz;

/// <summary>A folder with the smallest input known for each outcome; the file's name is the outcome's hash.</summary>
internal sealed class Corpus
{
    /// <summary>Larger inputs are not kept: the corpus lies in the repository.</summary>
    private const int LargestKept = 8192;

    private const string Found = "found-";

    private readonly string folder;
    private readonly bool keep;
    private readonly Dictionary<string, (int Size, string Example)> seen = new(StringComparer.Ordinal);

    public Corpus(string folder, bool keep)
    {
        this.folder = folder;
        this.keep = keep;
    }

    private readonly HashSet<string> kept = new(StringComparer.Ordinal);

    /// <summary>Distinct outcomes seen.</summary>
    public int Outcomes => seen.Count;

    /// <summary>One message for each outcome.</summary>
    public IEnumerable<string> Examples => seen.Values.Select(s => s.Example).Order(StringComparer.Ordinal);

    public IReadOnlyList<byte[]> Load() => Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];

    /// <summary>Takes note of an outcome; true if it is new. A seed is made in code and needs no file.</summary>
    public bool Offer(Outcome outcome, byte[] input, bool seed)
    {
        bool known = seen.TryGetValue(outcome.Signature, out var smallest);
        if (known && smallest.Size <= input.Length) return false;
        seen[outcome.Signature] = (input.Length, outcome.Example);
        if (keep && !seed && input.Length <= LargestKept)
        {
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(outcome.Signature)))[..16] + ".bin");
            File.WriteAllBytes(path, input);
            kept.Add(path);
        }
        return !known;
    }

    /// <summary>Where inputs are kept, removes those that no longer are the smallest of any outcome: the code has changed, or a seed does as well. What once broke something
    /// (<c>found-</c> in front of its name) stays.</summary>
    public void Prune()
    {
        if (!keep || !Directory.Exists(folder)) return;
        foreach (string path in Directory.GetFiles(folder, "*.bin").Where(p => !kept.Contains(p) && !Path.GetFileName(p).StartsWith(Found, StringComparison.Ordinal))) File.Delete(path);
    }
}
