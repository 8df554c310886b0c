namespace Lapwing.Generation.Sampling;

/// <summary>
/// A float and an index in one 64-bit number, so that sorting needs no comparer and ties always fall the same way:
/// ascending keys are descending (or ascending) values, equal values by ascending index.
/// </summary>
internal static class RankKeys
{
    /// <summary>Above this, four counting passes beat the comparison sort (262,144 keys: 2 ms against 14).</summary>
    private const int RadixFrom = 2048;

    /// <summary>The key that sorts larger <paramref name="value"/>s first.</summary>
    public static ulong Descending(float value, int index) => ((ulong)~Ascending32(value) << 32) | (uint)index;

    /// <summary>The key that sorts smaller <paramref name="value"/>s first.</summary>
    public static ulong Ascending(float value, int index) => ((ulong)Ascending32(value) << 32) | (uint)index;

    /// <summary>The index inside a key.</summary>
    public static int Index(ulong key) => (int)(uint)key;

    /// <summary>The value inside a key of <see cref="Descending"/>.</summary>
    public static float DescendingValue(ulong key)
    {
        uint bits = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits & 0x7FFF_FFFF : ~bits);
    }

    /// <summary>
    /// Sorts ascending. The keys' indices must ascend already wherever their values are equal: the counting passes look at the value half
    /// only and are stable. <paramref name="spare"/> is at least as long as <paramref name="keys"/>.
    /// </summary>
    public static void Sort(Span<ulong> keys, Span<ulong> spare)
    {
        if (keys.Length < RadixFrom)
        {
            keys.Sort();
            return;
        }

        Span<int> starts = stackalloc int[256];
        Span<ulong> from = keys, to = spare[..keys.Length];
        for (int shift = 32; shift < 64; shift += 8)
        {
            starts.Clear();
            foreach (ulong key in from) starts[(int)(key >> shift) & 255]++;
            int next = 0;
            for (int b = 0; b < 256; b++) (starts[b], next) = (next, next + starts[b]);
            foreach (ulong key in from) to[starts[(int)(key >> shift) & 255]++] = key;
            Span<ulong> swap = from;
            from = to;
            to = swap;
        }
    }

    /// <summary>Replaces the largest of a max-heap by <paramref name="key"/>.</summary>
    public static void ReplaceLargest(Span<ulong> heap, ulong key)
    {
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= heap.Length) break;
            if (child + 1 < heap.Length && heap[child + 1] > heap[child]) child++;
            if (heap[child] <= key) break;
            heap[at] = heap[child];
            at = child;
        }

        heap[at] = key;
    }

    // IEEE floats order like sign-magnitude integers; + 0f turns −0 into 0, which is equal to it.
    private static uint Ascending32(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }
}
