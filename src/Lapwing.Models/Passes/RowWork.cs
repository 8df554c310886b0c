using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>Work on one row (or token, or head) that touches no other's output, so that any thread may do it.</summary>
internal interface IRowWork
{
    /// <summary>Does row <paramref name="row"/>.</summary>
    void Run(int row);
}

/// <summary>Work that deals out its rows to the threads itself, because each thread needs scratch of its own.</summary>
internal interface IPartWork
{
    /// <summary>Does share <paramref name="part"/> of <paramref name="parts"/>.</summary>
    void Run(int part, int parts);
}

/// <summary>Spreads rows over the team: contiguous shares, or dealt out in turn where later rows cost more.</summary>
internal static class RowWork
{
    // More shares than threads: a thread that the system holds up leaves its later shares to the others.
    private const int SharesPerThread = 4;

    // Below this many elements a fork-join (under a microsecond) costs more than it brings.
    private const long WorthForking = 16 * 1024;

    /// <summary>Runs one part on each thread where <paramref name="work"/>'s whole cost makes that worth it; the work deals out its rows itself.</summary>
    public static void ForEachPart<T>(this T work, int rows, long cost) where T : struct, IPartWork
    {
        if (rows <= 1 || cost < WorthForking || ThreadTeam.Shared.Count == 1) work.Run(0, 1);
        else
        {
            var dealt = new Parts<T> { Work = work, Count = ThreadTeam.Shared.Count };
            ThreadTeam.Shared.Run(dealt.Count, dealt);
        }
    }

    /// <summary>Runs all rows, each <paramref name="width"/> elements of work.</summary>
    public static void ForEach<T>(this T work, int rows, long width) where T : struct, IRowWork
    {
        if (rows <= 1 || rows * width < WorthForking || ThreadTeam.Shared.Count == 1)
        {
            for (int r = 0; r < rows; r++) work.Run(r);
            return;
        }
        var dealt = new Dealt<T> { Work = work, Rows = rows, Count = Math.Min(rows, ThreadTeam.Shared.Count * SharesPerThread) };
        ThreadTeam.Shared.Run(dealt.Count, dealt);
    }

    private struct Parts<T> : IParallelJob where T : struct, IPartWork
    {
        public T Work;
        public int Count;

        public void Run(int part) => Work.Run(part, Count);
    }

    private struct Dealt<T> : IParallelJob where T : struct, IRowWork
    {
        public T Work;
        public int Rows, Count;

        public void Run(int part)
        {
            // Contiguous shares, so that no two threads write the same cache line but at a seam.
            int from = (int)((long)Rows * part / Count), to = (int)((long)Rows * (part + 1) / Count);
            for (int r = from; r < to; r++) Work.Run(r);
        }
    }
}
