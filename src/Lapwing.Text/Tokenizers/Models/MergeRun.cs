namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Joins neighbouring symbols by rank until no merge applies: lowest rank first, leftmost first among equals. A heap over a linked list makes it
/// n log n for a word of any length; up to <see cref="ShortWord"/> symbols a plain scan is faster.
/// </summary>
internal static class MergeRun
{
    // Measured on English: words average 5 symbols; the scan wins up to about 30.
    private const int ShortWord = 24;

    /// <summary>Merges <c>workspace.Symbols[..count]</c> in place; the result is the first returned number of entries.</summary>
    internal static int Merge(PairTable merges, Workspace workspace, int count)
        => count < 2 ? count : count <= ShortWord ? Scan(merges, workspace, count) : Heap(merges, workspace, count);

    private static int Scan(PairTable merges, Workspace workspace, int count)
    {
        Span<int> symbols = workspace.Symbols;
        Span<int> ranks = stackalloc int[ShortWord];
        Span<int> results = stackalloc int[ShortWord];
        for (int i = 0; i + 1 < count; i++) (ranks[i], results[i]) = merges.Find(symbols[i], symbols[i + 1]);
        while (true)
        {
            int best = -1;
            for (int i = 0; i + 1 < count; i++)
                if (ranks[i] >= 0 && (best < 0 || ranks[i] < ranks[best])) best = i;
            if (best < 0) return count;
            symbols[best] = results[best];
            for (int i = best + 1; i + 1 < count; i++)
            {
                symbols[i] = symbols[i + 1];
                (ranks[i], results[i]) = (ranks[i + 1], results[i + 1]);
            }
            count--;
            if (best > 0) (ranks[best - 1], results[best - 1]) = merges.Find(symbols[best - 1], symbols[best]);
            if (best + 1 < count) (ranks[best], results[best]) = merges.Find(symbols[best], symbols[best + 1]);
        }
    }

    private static int Heap(PairTable merges, Workspace workspace, int count)
    {
        int[] symbols = workspace.Symbols, previous = workspace.Previous, next = workspace.Next, ranks = workspace.Pairs;
        workspace.ClearHeap();
        for (int i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
            Rank(i);
        }
        while (workspace.HeapCount > 0)
        {
            ulong entry = workspace.Pop();
            int left = (int)(uint)entry;
            // A pair changed since it was pushed has another rank now, or none.
            if (ranks[left] != (int)(entry >> 32)) continue;
            int right = next[left];
            symbols[left] = merges.Find(symbols[left], symbols[right]).Result;
            ranks[right] = -1;
            next[left] = next[right];
            if (next[right] >= 0) previous[next[right]] = left;
            Rank(left);
            if (previous[left] >= 0) Rank(previous[left]);
        }
        int written = 0;
        for (int i = 0; i >= 0; i = next[i]) symbols[written++] = symbols[i];
        return written;

        void Rank(int left)
        {
            int right = next[left];
            int rank = right < 0 ? -1 : merges.Find(symbols[left], symbols[right]).Rank;
            ranks[left] = rank;
            if (rank >= 0) workspace.Push(((ulong)(uint)rank << 32) | (uint)left);
        }
    }
}
