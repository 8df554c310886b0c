using System.Buffers.Binary;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Random changes of bytes. All randomness comes from one seed.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> others)
{
    /// <summary>No input grows beyond this: what a small file cannot break, a large one breaks only by its size.</summary>
    public const int LargestInput = 1 << 16;

    /// <summary>Where parsers have their limits.</summary>
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 65535, 65536, 1 << 20, int.MaxValue, 1ul << 31, uint.MaxValue, 1ul << 32,
        (1ul << 53) + 1, 1ul << 60, 1ul << 61, 1ul << 62, long.MaxValue, 1ul << 63, ulong.MaxValue, ulong.MaxValue - 7, ulong.MaxValue - 31,
    ];

    public Random Random => random;

    /// <summary>An integer near one of the limits.</summary>
    public ulong Edge() => random.Next(4) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => Edges[random.Next(Edges.Length)] + (ulong)random.Next(-2, 3),
        _ => Edges[random.Next(Edges.Length)],
    };

    /// <summary>Another input of the pool.</summary>
    public byte[] Other() => others[random.Next(others.Count)];

    public T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>One change that knows nothing of the format.</summary>
    public byte[] Bytes(byte[] input)
    {
        if (input.Length == 0) return [(byte)random.Next(256)];
        int at = random.Next(input.Length);
        int length = Math.Min(input.Length - at, 1 + random.Next(16));
        switch (random.Next(9))
        {
            case 0:
                return Changed(input, at, (byte)(input[at] ^ (1 << random.Next(8))));
            case 1:
                return Changed(input, at, (byte)random.Next(256));
            case 2:
                return input[..at];
            case 3:
                return Replace(input, at, length, []);
            case 4:
                return Replace(input, at, 0, input.AsSpan(at, length));
            case 5:
                byte[] noise = new byte[length];
                random.NextBytes(noise);
                return Replace(input, at, 0, noise);
            case 6:
                return WithInteger(input, at, 1 << random.Next(4), Edge());
            case 7:
                byte[] other = Other();
                return other.Length == 0 ? input : Replace(input, at, input.Length - at, other.AsSpan(Math.Min(at, random.Next(other.Length))));
            default:
                byte[] donor = Other();
                int from = random.Next(donor.Length + 1);
                return Replace(input, at, length, donor.AsSpan(from, Math.Min(donor.Length - from, random.Next(64))));
        }
    }

    /// <summary>Writes a little-endian integer of <paramref name="size"/> bytes as far as it fits.</summary>
    public static byte[] WithInteger(byte[] input, int at, int size, ulong value)
    {
        byte[] result = [.. input];
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..Math.Min(size, result.Length - at)].CopyTo(result.AsSpan(at));
        return result;
    }

    public static byte[] Replace(byte[] input, int at, int length, ReadOnlySpan<byte> by) => [.. input.AsSpan(0, at), .. by, .. input.AsSpan(at + length)];

    private static byte[] Changed(byte[] input, int at, byte value)
    {
        byte[] result = [.. input];
        result[at] = value;
        return result;
    }
}
