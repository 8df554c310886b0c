using System.Diagnostics;
using Lapwing.Fuzz.Mutation;

namespace Lapwing.Fuzz;

/// <summary>
/// Mutates inputs of a pool and runs the target on them. An input with an outcome that was not seen before joins the pool,
/// so the pool grows towards the depths of the parser.
/// </summary>
internal sealed class Fuzzer(FuzzTarget target, int randomSeed, Corpus corpus, CrashLog crashes)
{
    /// <summary>An input of at most 64 KiB is parsed in microseconds; a regular expression may take its second.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    private readonly HashSet<string> reported = new(StringComparer.Ordinal);

    public long Executions { get; private set; }

    public int Outcomes => corpus.Outcomes;

    public long Crashes { get; private set; }

    /// <summary>Runs for about <paramref name="duration"/>, after every seed and corpus file once.</summary>
    public void Run(TimeSpan duration)
    {
        var pool = new List<byte[]>();
        foreach (byte[] input in target.Seeds())
        {
            Try(input, seed: true);
            pool.Add(input);
        }
        foreach (byte[] input in corpus.Load())
        {
            Try(input);
            pool.Add(input);
        }
        var random = new Random(randomSeed);
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
    public bool Try(byte[] input, bool seed = false)
    {
        Executions++;
        using var current = crashes.Begin(input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var processor = Environment.CpuUsage.TotalTime;
        Outcome outcome;
        try
        {
            outcome = Outcome.Of(target.Run(input));
        }
        catch (Exception e) when (target.IsClean(e))
        {
            outcome = Outcome.Of(e, target.Frames);
            if (e.Message.Contains('\n', StringComparison.Ordinal)) Report(input, "lines " + outcome.Signature, "an error of several lines: " + e);
        }
        catch (Exception e)
        {
            outcome = Outcome.Of(e, target.Frames);
            Report(input, outcome.Signature, e.ToString());
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Processor time: that the machine has other work is no fault of an input. The first run compiles the code.
        var took = Environment.CpuUsage.TotalTime - processor;
        if (took > Slow && Executions > 1) Report(input, "slow", $"took {took}");
        if (allocated > target.AllowedBytes(input.Length)) Report(input, "memory", $"allocated {allocated} bytes for an input of {input.Length}");
        return corpus.Offer(outcome, input, seed);
    }

    // One input of a kind is enough to mend it.
    private void Report(byte[] input, string kind, string what)
    {
        Crashes++;
        if (reported.Add(kind)) crashes.Save(input, what);
    }
}
