using System.Diagnostics;
using Lapwing.Fuzz.Mutation;

namespace Lapwing.Fuzz;

/// <summary>
/// Mutates inputs of a pool and runs the target on them. An input with an outcome that was not seen before joins the pool,
/// so the pool grows towards the depths of the parser.
/// </summary>
internal sealed class Fuzzer(FuzzTarget target, int seed, Corpus corpus, CrashLog crashes)
{
    /// <summary>An input of at most 64 KiB is parsed in microseconds; a regular expression may take its second.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    /// <summary>The most that a parser may allocate: a few objects for the smallest thing that a file can list (a dozen bytes).</summary>
    private const long FreeBytes = 4 << 20;
    private const long BytesPerInputByte = 128;

    public long Executions { get; private set; }

    public int Outcomes => corpus.Outcomes;

    public long Crashes { get; private set; }

    /// <summary>Runs for about <paramref name="duration"/>, after every seed and corpus file once.</summary>
    public void Run(TimeSpan duration)
    {
        var pool = new List<byte[]>();
        foreach (byte[] input in target.Seeds().Concat(corpus.Load()))
        {
            Try(input);
            pool.Add(input);
        }
        var random = new Random(seed);
        var mutator = new Mutator(random, pool);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            byte[] input = pool[random.Next(pool.Count)];
            for (int i = 1 + random.Next(4); i > 0; i--) input = target.Mutate(input, mutator);
            if (input.Length > Mutator.LargestInput) continue;
            if (Try(input)) pool.Add(input);
        }
    }

    /// <summary>Runs one input; true if its outcome is new.</summary>
    public bool Try(byte[] input)
    {
        Executions++;
        using var current = crashes.Begin(input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        Outcome outcome;
        try
        {
            outcome = Outcome.Of(target.Run(input));
        }
        catch (Exception e) when (target.IsClean(e))
        {
            outcome = Outcome.Of(e);
            if (e.Message.Contains('\n', StringComparison.Ordinal)) Report(input, "an error of several lines: " + e);
        }
        catch (Exception e)
        {
            outcome = Outcome.Of(e);
            Report(input, e.ToString());
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (clock.Elapsed > Slow) Report(input, $"took {clock.Elapsed}");
        if (allocated > FreeBytes + (input.Length * BytesPerInputByte)) Report(input, $"allocated {allocated} bytes for an input of {input.Length}");
        return corpus.Offer(outcome, input);
    }

    private void Report(byte[] input, string what)
    {
        Crashes++;
        crashes.Save(input, what);
    }
}
