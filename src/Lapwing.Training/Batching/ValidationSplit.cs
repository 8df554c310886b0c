using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Lapwing.Training;

/// <summary>How much of the data is held out, to tell learning from memorising: a share of the examples or a number of them.</summary>
public sealed record ValidationSize
{
    private const int FewestForAShare = 10;

    /// <summary>One in twenty, where there are at least ten.</summary>
    public static ValidationSize Default { get; } = new() { Share = 0.05 };

    /// <summary>A share of the examples, below 1.</summary>
    public double Share { get; private init; }

    /// <summary>A number of examples, where <see cref="Share"/> is 0.</summary>
    public int Count { get; private init; }

    /// <summary>Reads <c>0</c> (none), <c>0.05</c> (a share) or <c>200</c> (a number).</summary>
    /// <exception cref="ArgumentException">Anything else.</exception>
    public static ValidationSize Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0 && (value < 1 || (value == Math.Floor(value) && value <= int.MaxValue))
            ? value < 1 ? new() { Share = value } : new() { Count = (int)value }
            : throw new ArgumentException($"--validation {text}: give 0 for none, a share such as 0.05, or a number of examples such as 200");

    /// <inheritdoc/>
    public override string ToString() => (Share > 0 ? Share : Count).ToString(CultureInfo.InvariantCulture);

    /// <summary>How many of <paramref name="examples"/> are held out.</summary>
    /// <exception cref="ArgumentException">As many as there are, or more.</exception>
    public int Of(int examples)
    {
        if (Share > 0) return examples < FewestForAShare ? 0 : Math.Max(1, (int)Math.Round(Share * examples));
        if (Count > 0 && Count >= examples) throw new ArgumentException($"--validation {Count} leaves nothing to learn from: the data has {examples} examples");
        return Count;
    }
}

/// <summary>Examples to learn from and examples held out.</summary>
/// <param name="Training">In the order of the data.</param>
/// <param name="Validation">In the order of the data; none of them is also, by its ids, in <paramref name="Training"/>.</param>
public sealed record ValidationSplit(Example[] Training, Example[] Validation)
{
    /// <summary>
    /// Splits by a random choice that depends on <paramref name="seed"/> alone. An example that occurs more than once is never
    /// held out: its twin in the training part would make the validation loss a lie.
    /// </summary>
    public static ValidationSplit Create(IReadOnlyList<Example> examples, ValidationSize size, ulong seed)
    {
        int wanted = size.Of(examples.Count);
        if (wanted == 0) return new([.. examples], []);
        int[] candidates = [.. Enumerable.Range(0, examples.Count).GroupBy(i => Fingerprint(examples[i])).Where(g => g.Count() == 1).Select(g => g.Single())];
        new SeededRandom(seed, "validation").Shuffle(candidates);
        var held = candidates.Take(Math.Min(wanted, examples.Count - 1)).ToHashSet();
        return new([.. examples.Where((_, i) => !held.Contains(i))], [.. examples.Where((_, i) => held.Contains(i))]);
    }

    private static UInt128 Fingerprint(Example example)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(example.Ids.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
