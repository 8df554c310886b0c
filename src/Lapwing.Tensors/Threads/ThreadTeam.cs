using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>
/// A fork-join team: the caller and <see cref="Count"/> − 1 waiting threads share out a job's parts. A token's forward pass has some
/// 150 joins, and a spinning team joins in well under a microsecond where <see cref="Parallel"/> needs several.
/// </summary>
/// <remarks>
/// Parts are claimed one by one from a single 64-bit ticket, so a thread that the system has put aside holds nobody up: the others
/// take its parts. Threads without work spin for about a millisecond, giving way to others after 50 µs, then sleep.
/// </remarks>
public sealed unsafe class ThreadTeam : IDisposable
{
    /// <summary>The most parts of one job: what 20 bits of the ticket count.</summary>
    public const int MaxParts = (1 << 20) - 1;

    /// <summary>Name of the environment variable that sets the size of <see cref="Shared"/>.</summary>
    public const string Variable = "LAPWING_THREADS";

    private const int NextBits = 20, MaxCount = 1024;
    private static readonly long YieldAfter = Stopwatch.Frequency / 20_000, SleepAfter = Stopwatch.Frequency / 667;
    private static readonly Lock SharedGate = new();
    private static ThreadTeam? shared;

    [ThreadStatic] private static int worker;
    [ThreadStatic] private static bool inside;

    // parts << 20 | next. Alone on its cache lines, because every idle thread reads it all the time. A late thread that finds the same
    // bits in another job's ticket claims a part of that job rightly, so no generation is counted.
    private Padded ticket;
    private Padded done;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim bed = new(0);
    private readonly Thread[] threads;
    private delegate*<void*, int, void> body;
    private void* state;
    private Exception? failure;
    private int sleepers;
    private volatile bool stopped;

    /// <summary>A team of <paramref name="count"/> threads, the caller of <see cref="Run{TJob}"/> among them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than 1024.</exception>
    public ThreadTeam(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int index = i + 1;
            threads[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"team {index}" };
            threads[i].Start();
        }
    }

    /// <summary>The program's team: its size is <see cref="Configure"/>'s, else <c>LAPWING_THREADS</c>, else the physical cores at hand.</summary>
    public static ThreadTeam Shared
    {
        get
        {
            if (Volatile.Read(ref shared) is { } team) return team;
            lock (SharedGate) return shared ??= new ThreadTeam(DefaultCount());
        }
    }

    /// <summary>The calling thread's place in the team that runs it: 0 for a caller, 1 … Count − 1 for the others.</summary>
    public static int Worker => worker;

    /// <summary>Threads that take part, the caller included.</summary>
    public int Count => threads.Length + 1;

    /// <summary>Sets the size of <see cref="Shared"/>; not while it runs a job.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than 1024.</exception>
    public static void Configure(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MaxCount);
        lock (SharedGate)
        {
            if (shared?.Count == threads) return;
            var old = shared;
            Volatile.Write(ref shared, new ThreadTeam(threads));
            old?.Dispose();
        }
    }

    /// <summary>
    /// Does parts 0 … <paramref name="parts"/> − 1 of <paramref name="job"/> and returns when all are done. Called from within a job it
    /// does them on the calling thread; called by several threads at once, one follows another. Allocates nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxParts"/>.</exception>
    /// <exception cref="Exception">The first that a part threw; the parts that nobody had begun are left out.</exception>
    public void Run<TJob>(int parts, TJob job)
        where TJob : struct, IParallelJob
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, MaxParts);
        if (parts <= 1 || threads.Length == 0 || inside || stopped)
        {
            for (int part = 0; part < parts; part++) job.Run(part);
            return;
        }
        // The address of a local: its frame outlives the job, and the collector sees what it refers to.
        lock (gate) Fork(&Invoke<TJob>, Unsafe.AsPointer(ref job), parts);
    }

    /// <inheritdoc cref="Run{TJob}"/>
    /// <remarks>For code that is not called per token: the delegate and what it captures are allocations.</remarks>
    public void Run(int parts, Action<int> job) => Run(parts, new DelegateJob(job));

    /// <summary>Lets the team's threads end; a later <see cref="Run{TJob}"/> does its work on the calling thread.</summary>
    public void Dispose()
    {
        stopped = true;
        if (threads.Length > 0) bed.Release(threads.Length);
        foreach (var thread in threads) thread.Join();
        bed.Dispose();
    }

    internal static int DefaultCount()
    {
        string? wish = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(wish)) return Processors.PhysicalCores();
        return int.TryParse(wish, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MaxCount
            ? count
            : throw new ArgumentException($"{Variable}={wish} is not a number of threads: set it to 1 … {MaxCount}, or unset it");
    }

    private static void Invoke<TJob>(void* job, int part)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(job).Run(part);

    private void Fork(delegate*<void*, int, void> invoke, void* job, int parts)
    {
        inside = true;
        body = invoke;
        state = job;
        failure = null;
        done.Value = 0;
        // A full fence: who sees this ticket sees the fields above, and the read of sleepers comes after it.
        Interlocked.Exchange(ref ticket.Value, (long)parts << NextBits);
        int asleep = Volatile.Read(ref sleepers);
        if (asleep > 0) bed.Release(Math.Min(asleep, parts - 1));

        TakeParts();
        long began = 0;
        for (int spins = 0; Volatile.Read(ref done.Value) != parts; spins++) Pause(spins, ref began);
        inside = false;
        if (failure is { } error) ExceptionDispatchInfo.Throw(error);
    }

    private void Work(int index)
    {
        worker = index;
        inside = true;
        long began = 0;
        int spins = 0;
        while (!stopped)
        {
            if (TakeParts())
            {
                spins = 0;
                began = 0;
            }
            else if (Pause(spins++, ref began))
            {
                Interlocked.Increment(ref sleepers);
                if (!HasParts(Volatile.Read(ref ticket.Value)) && !stopped) bed.Wait();
                Interlocked.Decrement(ref sleepers);
                spins = 0;
                began = 0;
            }
        }
    }

    /// <summary>Claims and does parts while there are any; whether there was one.</summary>
    private bool TakeParts()
    {
        int taken = 0;
        while (true)
        {
            long seen = Volatile.Read(ref ticket.Value);
            if (!HasParts(seen)) break;
            if (Interlocked.CompareExchange(ref ticket.Value, seen + 1, seen) != seen) continue;
            // The claim keeps the job alive: its caller waits for this part, so body and state are this ticket's.
            if (Volatile.Read(ref failure) is null)
            {
                try
                {
                    body(state, (int)(seen & MaxParts));
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref failure, error, null);
                }
            }
            taken++;
            // Reported at once if the ticket is used up, else with the next parts: one write to the shared line instead of several.
            if (HasParts(Volatile.Read(ref ticket.Value))) continue;
            Interlocked.Add(ref done.Value, taken);
            return true;
        }
        if (taken > 0) Interlocked.Add(ref done.Value, taken);
        return taken > 0;
    }

    private static bool HasParts(long value) => (value & MaxParts) < value >> NextBits;

    /// <summary>One turn of waiting; true once it is time to sleep.</summary>
    private static bool Pause(int spins, ref long began)
    {
        if (X86Base.IsSupported) X86Base.Pause();
        else Thread.SpinWait(1);
        if ((spins & 63) != 63) return false; // the clock costs as much as a pause
        long now = Stopwatch.GetTimestamp();
        if (began == 0) began = now;
        if (now - began > YieldAfter) Thread.Yield();
        return now - began > SleepAfter;
    }

    private readonly struct DelegateJob(Action<int> job) : IParallelJob
    {
        public void Run(int part) => job(part);
    }

    /// <summary>128 bytes before and after: the adjacent-line prefetcher pairs lines.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 264)]
    private struct Padded
    {
        [System.Runtime.InteropServices.FieldOffset(128)]
        public long Value;
    }
}
