using System.Diagnostics;

namespace Lapwing.Training;

/// <summary>
/// The training loop: batch → loss and gradients of its parts → clipping → AdamW. The loss of a step is the mean over all loss tokens of the
/// batch, whatever the parts: accumulation equals the big batch.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly IReadOnlyList<TrainableTensor> tensors;
    private readonly IGradientWorker worker;
    private readonly ILossWorker? validator;
    private readonly ValidationSplit data;
    private readonly TrainerOptions options;
    private readonly BatchPlan plan;
    private readonly LearningRate rate;
    private readonly Divergence divergence;
    private readonly List<StepRecord> steps = [];
    private readonly List<ValidationRecord> validations = [];
    private readonly BestValues? best;
    private double seconds;

    /// <summary>A run over <paramref name="data"/>.</summary>
    /// <param name="tensors">What learns.</param>
    /// <param name="worker">Computes loss and gradients.</param>
    /// <param name="validator">Computes the loss of what was held out; null: none is.</param>
    /// <param name="data">Examples to learn from and examples held out.</param>
    /// <param name="vocabulary">Tokens that the model knows: what guessing would cost.</param>
    /// <param name="options">How to learn.</param>
    /// <exception cref="ArgumentException">An option that makes no sense; the message names it.</exception>
    public Trainer(IReadOnlyList<TrainableTensor> tensors, IGradientWorker worker, ILossWorker? validator, ValidationSplit data, int vocabulary, TrainerOptions options)
    {
        if (tensors.Count == 0) throw new ArgumentException("nothing is set to learn");
        if (options.MicroBatchTokens < 1) throw new ArgumentException($"{options.MicroBatchTokens} tokens at once: at least one is needed");
        if (!(options.Clip >= 0)) throw new ArgumentException($"--clip {options.Clip}: give 0 for none, or a positive number such as 1");
        if (options.ValidateEvery is < 1) throw new ArgumentException($"validation every {options.ValidateEvery} steps: at least one is needed");
        if (options.Patience is < 1) throw new ArgumentException($"--patience {options.Patience}: at least one validation is needed");
        bool judged = validator is not null && data.Validation.Length > 0;
        if (!judged && (options.KeepBest == true || options.Patience is not null))
            throw new ArgumentException($"{(options.Patience is null ? "--keep-best" : "--patience")} needs rows held out to judge by: hold some out (--validation 10, say), or leave it off");
        if (options.KeepBest == true || options.Patience is not null) best = new(tensors);
        (this.tensors, this.worker, this.validator, this.data, this.options) = (tensors, worker, validator, data, options);
        plan = new(data.Training.Length, options.Batches);
        rate = new(options.Schedule, options.PeakRate, Warmup = options.Warmup ?? Math.Min(20, plan.Steps / 20), plan.Steps);
        Optimiser = new(tensors, options.Optimiser);
        divergence = new(vocabulary);
    }

    /// <summary>Steps of the whole run.</summary>
    public int Steps => plan.Steps;

    /// <summary>Tokens of all batches of the whole run.</summary>
    public long Tokens => plan.From(0).Sum(batch => batch.Sum(i => (long)data.Training[i].Ids.Length));

    /// <summary>How often the whole run looks at what is held out.</summary>
    public int Validations => validator is null || data.Validation.Length == 0 ? 0 : 1 + (plan.Steps - 1) / ValidateEvery + 1;

    /// <summary>Steps in which the learning rate rises.</summary>
    public int Warmup { get; }

    /// <summary>The optimiser with its moments.</summary>
    public AdamW Optimiser { get; }

    /// <summary>
    /// Takes the steps that are left (all, or those after <see cref="AdamW.Steps"/> where a run is resumed). Stops early when told to, when time
    /// is up, or when the loss explodes; a batch that was begun and not ended leaves no trace.
    /// </summary>
    /// <param name="onStep">Told of every step, after it: a moment at which everything may be saved.</param>
    /// <param name="onValidation">Told of every validation.</param>
    /// <param name="cancellation">Stops between two parts of a batch.</param>
    public TrainingResult Run(Action<StepRecord>? onStep = null, Action<ValidationRecord>? onValidation = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        int first = Optimiser.Steps;
        // A run may have been stopped between a step and the validation that follows it.
        if (IsValidationDue(first) && !validations.Any(v => v.Step == first) && !Validate(onValidation, cancellation)) return Result(TrainingOutcome.Interrupted, null, clock);
        if (IsPatienceAtEnd) return Result(TrainingOutcome.StoppedEarly, null, clock);
        foreach (int[] indices in plan.From(first))
        {
            if (Step(indices, cancellation) is not { } step) return Result(TrainingOutcome.Interrupted, null, clock);
            steps.Add(step);
            if (divergence.Diagnose(step) is { } diagnosis)
            {
                onStep?.Invoke(step);
                return Result(TrainingOutcome.Diverged, diagnosis, clock);
            }

            Optimiser.Step(step.LearningRate);
            ClearGradients();
            onStep?.Invoke(step);
            int done = Optimiser.Steps;
            // Told to stop in the last validation, a run has learnt all the same; but which step is best it cannot tell yet.
            if (IsValidationDue(done) && !Validate(onValidation, cancellation))
                return Result(done == plan.Steps && best is null ? TrainingOutcome.Completed : TrainingOutcome.Interrupted, null, clock);
            if (validations is [.., { } last] && !double.IsFinite(last.Loss))
                return Result(TrainingOutcome.Diverged, $"the held-out loss is no number after step {last.Step}: lower --lr", clock);
            if (done < plan.Steps && IsPatienceAtEnd) return Result(TrainingOutcome.StoppedEarly, null, clock);
            if (done < plan.Steps && clock.Elapsed > options.TimeLimit) return Result(TrainingOutcome.TimeUp, null, clock);
        }

        return Result(TrainingOutcome.Completed, null, clock);
    }

    /// <summary>What has been done so far.</summary>
    internal (IReadOnlyList<StepRecord> Steps, IReadOnlyList<ValidationRecord> Validation) History => (steps, validations);

    /// <summary>The values at the lowest held-out loss; null where the last ones are the outcome.</summary>
    internal BestValues? Best => best;

    /// <summary>Gives the tensors the values that the run is to leave, where those are not the last ones. The run cannot go on from them.</summary>
    internal void TakeBest() => best?.Take();

    /// <summary>Takes up a run where it was left; the values and moments of what learns are the caller's to restore.</summary>
    internal void Restore(IEnumerable<StepRecord> doneSteps, IEnumerable<ValidationRecord> doneValidations, double secondsBefore)
    {
        steps.AddRange(doneSteps);
        validations.AddRange(doneValidations);
        Optimiser.Steps = steps.Count;
        seconds = secondsBefore;
        foreach (var step in steps) divergence.Diagnose(step);
    }

    /// <inheritdoc/>
    public void Dispose() => Optimiser.Dispose();

    // Loss and clipped gradients of one batch; null where the run was told to stop in its middle.
    private StepRecord? Step(int[] indices, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        Example[] batch = [.. indices.Select(i => data.Training[i])];
        long lossTokens = batch.Sum(e => (long)e.LossTokens), tokens = batch.Sum(e => (long)e.Ids.Length);
        double sum = 0;
        foreach (var part in MicroBatches.Cut(batch, options.Pack ? options.MicroBatchTokens : 1))
        {
            if (cancellation.IsCancellationRequested)
            {
                ClearGradients();
                return null;
            }

            sum += worker.LossAndGradients(part, (float)(1.0 / lossTokens));
        }

        double norm = GradientNorm.Clip(tensors, options.Clip);
        return new(Optimiser.Steps, sum / lossTokens, rate.At(Optimiser.Steps), norm, tokens / Math.Max(1e-9, clock.Elapsed.TotalSeconds));
    }

    // False where the run was told to stop in its middle.
    private bool Validate(Action<ValidationRecord>? onValidation, CancellationToken cancellation)
    {
        if (validator is null || data.Validation.Length == 0) return true;
        if (MeanLoss(validator, data.Validation, options.MicroBatchTokens, cancellation) is not { } loss) return false;
        var record = new ValidationRecord(Optimiser.Steps, loss);
        validations.Add(record);
        best?.Offer(record);
        onValidation?.Invoke(record);
        return true;
    }

    private bool IsValidationDue(int done) => done == 0 || done == plan.Steps || done % ValidateEvery == 0;

    private bool IsPatienceAtEnd => options.Patience is { } patience && best?.Step is { } lowest && validations.Count(v => v.Step > lowest) >= patience;

    private int ValidateEvery => options.ValidateEvery ?? plan.StepsPerEpoch;

    private void ClearGradients()
    {
        foreach (var tensor in tensors) tensor.Gradient.Clear();
    }

    private TrainingResult Result(TrainingOutcome outcome, string? diagnosis, Stopwatch clock) => new(outcome, diagnosis, steps, validations, seconds + clock.Elapsed.TotalSeconds, best?.Step);

    /// <summary>
    /// Σ −ln p over the loss tokens of each of <paramref name="examples"/>; null where it was told to stop. The bits are the same whatever
    /// <paramref name="tokensAtOnce"/> is.
    /// </summary>
    /// <param name="worker">Who computes.</param>
    /// <param name="examples">Rows.</param>
    /// <param name="tokensAtOnce">As many go through together.</param>
    /// <param name="onRows">Told how many are done.</param>
    /// <param name="cancellation">Stops between two parts.</param>
    public static double[]? Losses(ILossWorker worker, Example[] examples, int tokensAtOnce, Action<int>? onRows = null, CancellationToken cancellation = default)
    {
        var sums = new double[examples.Length];
        foreach (var part in MicroBatches.Cut(examples, tokensAtOnce))
        {
            if (cancellation.IsCancellationRequested) return null;
            worker.Losses(part, sums.AsSpan(part.Offset, part.Count));
            onRows?.Invoke(part.Offset + part.Count);
        }

        return sums;
    }

    /// <summary>The mean loss over all loss tokens of <paramref name="examples"/>; null where it was told to stop.</summary>
    public static double? MeanLoss(ILossWorker worker, Example[] examples, int tokensAtOnce, CancellationToken cancellation = default) =>
        Losses(worker, examples, tokensAtOnce, cancellation: cancellation) is { } sums ? Mean(sums, examples) : null;

    /// <summary>The mean over all loss tokens of <paramref name="examples"/>, from the sums of each.</summary>
    public static double Mean(double[] sums, Example[] examples)
    {
        double sum = 0;
        foreach (double one in sums) sum += one; // in their order: what a library makes of a sum may differ from machine to machine
        return sum / examples.Sum(e => (long)e.LossTokens);
    }
}
