namespace Lapwing.Training;

/// <summary>How examples become steps.</summary>
public sealed record BatchOptions
{
    /// <summary>Examples a step.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Steps of the whole run; null: <see cref="Epochs"/> decides.</summary>
    public int? Steps { get; init; }

    /// <summary>Times each example is seen, where <see cref="Steps"/> is null.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Whether each epoch has its own random order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The seed of that order.</summary>
    public ulong Seed { get; init; } = 42;
}

/// <summary>
/// Which examples each step of a run sees. It is a pure function of the number of examples and the options: no thread, clock or
/// earlier step takes part, so a resumed run goes on with exactly the batches it would have had. The last batch of an epoch may be
/// smaller; the token-weighted loss makes that harmless.
/// </summary>
public sealed class BatchPlan
{
    private readonly int examples;
    private readonly BatchOptions options;

    /// <summary>The plan of a run over <paramref name="examples"/> examples.</summary>
    /// <exception cref="ArgumentException">A number that makes no sense; the message names the option.</exception>
    public BatchPlan(int examples, BatchOptions options)
    {
        if (examples < 1) throw new ArgumentException("there are no examples to learn from");
        if (options.BatchSize < 1) throw new ArgumentException($"--batch {options.BatchSize}: at least one example a step is needed");
        if (options.Steps is < 1) throw new ArgumentException($"--steps {options.Steps}: at least one step is needed");
        if (options.Steps is null && options.Epochs < 1) throw new ArgumentException($"--epochs {options.Epochs}: at least one is needed");
        this.examples = examples;
        this.options = options;
        StepsPerEpoch = (examples - 1) / options.BatchSize + 1;
        long steps = options.Steps ?? (long)options.Epochs * StepsPerEpoch;
        Steps = steps <= int.MaxValue ? (int)steps : throw new ArgumentException($"--epochs {options.Epochs}: {steps} steps are more than a run can have");
    }

    /// <summary>Steps of the whole run.</summary>
    public int Steps { get; }

    /// <summary>Steps that see every example once.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The examples of every step from <paramref name="first"/> on, in order.</summary>
    public IEnumerable<int[]> From(int first)
    {
        int[] order = [];
        int orderOf = -1;
        for (int step = first; step < Steps; step++)
        {
            int epoch = step / StepsPerEpoch;
            if (epoch != orderOf) (order, orderOf) = (OrderOf(epoch), epoch);
            int start = step % StepsPerEpoch * options.BatchSize;
            yield return order[start..Math.Min(examples, start + options.BatchSize)];
        }
    }

    private int[] OrderOf(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, examples)];
        if (options.Shuffle) new SeededRandom(options.Seed, $"epoch {epoch}").Shuffle(order);
        return order;
    }
}
