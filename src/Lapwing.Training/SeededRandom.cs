namespace Lapwing.Training;

/// <summary>
/// xoshiro256** seeded through SplitMix64 (Blackman and Vigna, 2018, public domain): the same numbers on every machine and in every
/// version of .NET, which <see cref="Random"/> does not promise. A stream name keeps independent uses of one seed apart.
/// </summary>
public sealed class SeededRandom
{
    private ulong s0, s1, s2, s3;

    /// <summary>A generator for one use (<paramref name="stream"/>) of one seed.</summary>
    public SeededRandom(ulong seed, string stream)
    {
        // FNV-1a of the name, so that adding a use never shifts the numbers of another.
        ulong hash = 14695981039346656037UL;
        foreach (char c in stream) hash = (hash ^ c) * 1099511628211UL;
        ulong state = seed ^ hash;
        s0 = SplitMix(ref state);
        s1 = SplitMix(ref state);
        s2 = SplitMix(ref state);
        s3 = SplitMix(ref state);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = ulong.RotateLeft(s1 * 5, 7) * 9;
        ulong t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = ulong.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>A number in [0, <paramref name="bound"/>), without bias (Lemire's multiplication with rejection).</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        while (true)
        {
            ulong high = Math.BigMul(NextBits(), (ulong)bound, out ulong low);
            if (low >= (0UL - (ulong)bound) % (ulong)bound) return (int)high;
        }
    }

    /// <summary>A float32 in [0, 1) with 24 random bits.</summary>
    public float NextSingle() => (NextBits() >> 40) * (1f / (1 << 24));

    /// <summary>A standard normal number (Box and Muller).</summary>
    public float NextGaussian()
    {
        double u = 1 - (NextBits() >> 11) * (1.0 / (1UL << 53));
        double v = (NextBits() >> 11) * (1.0 / (1UL << 53));
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

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
