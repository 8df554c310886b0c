namespace Lapwing.Tensors.Tests.Threads;

public sealed class ThreadTeamTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Every_part_is_done_once(int threads)
    {
        using var team = new ThreadTeam(threads);
        foreach (int parts in (int[])[0, 1, 2, 3, 17, 1000])
            for (int round = 0; round < 50; round++)
            {
                var counts = new int[parts];
                team.Run(parts, part => Interlocked.Increment(ref counts[part]));
                Assert.All(counts, count => Assert.Equal(1, count));
            }
    }

    [Fact]
    public void A_team_that_slept_wakes_up()
    {
        using var team = new ThreadTeam(3);
        for (int round = 0; round < 5; round++)
        {
            Thread.Sleep(20);
            int sum = 0;
            team.Run(100, part => Interlocked.Add(ref sum, part));
            Assert.Equal(4950, sum);
        }
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_team_survives()
    {
        using var team = new ThreadTeam(2);
        var error = Assert.Throws<InvalidDataException>(() => team.Run(64, part =>
        {
            if (part == 20) throw new InvalidDataException("part 20");
        }));
        Assert.Equal("part 20", error.Message);
        int done = 0;
        team.Run(64, _ => Interlocked.Increment(ref done));
        Assert.Equal(64, done);
    }

    [Fact]
    public void A_nested_job_runs_on_the_thread_that_asks()
    {
        using var team = new ThreadTeam(2);
        int done = 0;
        team.Run(8, _ =>
        {
            int thread = Environment.CurrentManagedThreadId;
            team.Run(8, _ =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                Interlocked.Increment(ref done);
            });
        });
        Assert.Equal(64, done);
    }

    [Fact]
    public void Several_callers_follow_one_another()
    {
        using var team = new ThreadTeam(2);
        int inside = 0, most = 0, done = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                team.Run(2, _ =>
                {
                    int now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    Interlocked.Increment(ref done);
                    Interlocked.Decrement(ref inside);
                });
            }
        })).ToList();
        callers.ForEach(caller => caller.Start());
        callers.ForEach(caller => caller.Join());
        Assert.Equal(4 * 200 * 2, done);
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public void Threads_know_their_place()
    {
        using var team = new ThreadTeam(3);
        var seen = new bool[3];
        for (int round = 0; round < 100; round++) team.Run(30, _ => seen[ThreadTeam.Worker] = true);
        Assert.Equal(0, ThreadTeam.Worker);
        Assert.True(seen[0] || seen[1] || seen[2]);
    }

    [Fact]
    public void A_warm_team_allocates_nothing()
    {
        using var team = new ThreadTeam(2);
        var job = new Adder(new long[16]);
        for (int i = 0; i < 100; i++) team.Run(16, job);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) team.Run(16, job);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_disposed_team_still_works_on_the_calling_thread()
    {
        var team = new ThreadTeam(2);
        team.Dispose();
        int done = 0;
        team.Run(5, _ => done++);
        Assert.Equal(5, done);
    }

    [Fact]
    public void Processor_lists_are_read_as_the_kernel_writes_them() =>
        Assert.Equal([0, 1, 2, 3, 8, 10, 11], Processors.ParseList("\t0-3,8,10-11\n"));

    [Fact]
    public void The_default_size_lies_within_the_machine() => Assert.InRange(Processors.PhysicalCores(), 1, Environment.ProcessorCount);

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = target; value > seen; seen = target)
            if (Interlocked.CompareExchange(ref target, value, seen) == seen) return;
    }

    private readonly struct Adder(long[] sums) : IParallelJob
    {
        public void Run(int part) => sums[part]++;
    }
}
