using Lapwing.Generation.Sampling;

namespace Lapwing.Training;

/// <summary>
/// Random numbers for training: <see cref="Xoshiro256"/> with a stream name that keeps independent uses of one seed apart, and what is drawn from it.
/// </summary>
public sealed class SeededRandom
{
    private readonly Xoshiro256 bits;

    /// <summary>A generator for one use (<paramref name="stream"/>) of one seed.</summary>
    public SeededRandom(ulong seed, string stream)
    {
        // FNV-1a of the name, so that adding a use never shifts the numbers of another.
        ulong hash = 14695981039346656037UL;
        foreach (char c in stream) hash = (hash ^ c) * 1099511628211UL;
        bits = new Xoshiro256(seed ^ hash);
    }

    /// <summary>A number in [0, <paramref name="bound"/>), without bias (Lemire's multiplication with rejection).</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        while (true)
        {
            ulong high = Math.BigMul(bits.Next(), (ulong)bound, out ulong low);
            if (low >= (0UL - (ulong)bound) % (ulong)bound) return (int)high;
        }
    }

    /// <summary>A float32 in [0, 1) with 24 random bits.</summary>
    public float NextSingle() => (bits.Next() >> 40) * (1f / (1 << 24));

    /// <summary>A standard normal number (Box and Muller).</summary>
    public float NextGaussian()
    {
        double u = 1 - bits.NextUnit();
        double v = bits.NextUnit();
        return (float)(Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v));
    }

    /// <summary>Puts <paramref name="items"/> into random order (Fisher and Yates).</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
