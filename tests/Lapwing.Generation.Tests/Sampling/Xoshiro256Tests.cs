using System.Numerics;
using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

public class Xoshiro256Tests
{
    // The generator by its authors' description, over an array.
    private static ulong Next(ulong[] s)
    {
        ulong result = BitOperations.RotateLeft(s[1] * 5, 7) * 9, t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = BitOperations.RotateLeft(s[3], 45);
        return result;
    }

    [Fact]
    public void The_twin_gives_the_published_numbers()
    {
        ulong[] s = [1, 2, 3, 4];
        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL], new[] { Next(s), Next(s), Next(s), Next(s) });
    }

    [Fact]
    public void A_seed_is_spread_by_SplitMix64()
    {
        // SplitMix64's published outputs for seed 1234567 are the first state.
        ulong[] s = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        var random = new Xoshiro256(1234567);
        for (int i = 0; i < 1000; i++) Assert.Equal(Next(s), random.Next());
    }

    [Fact]
    public void Resetting_starts_the_sequence_again()
    {
        var random = new Xoshiro256(7);
        double[] first = [.. Enumerable.Range(0, 50).Select(_ => random.NextUnit())];
        random.Reset(7);
        Assert.Equal(first, Enumerable.Range(0, 50).Select(_ => random.NextUnit()));
        Assert.All(first, x => Assert.InRange(x, 0.0, 0.9999999999999999));
    }
}
