namespace Lapwing.Training;

/// <summary>One step, as the run record keeps it.</summary>
/// <param name="Step">From 0.</param>
/// <param name="Loss">Mean loss over the batch's loss tokens, before the step.</param>
/// <param name="LearningRate">The rate of the step.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="TokensPerSecond">Tokens of the batch, with and without loss, over the step's time.</param>
public readonly record struct StepRecord(int Step, double Loss, double LearningRate, double GradientNorm, double TokensPerSecond);

/// <summary>Loss on what was held out.</summary>
/// <param name="Step">Steps taken before.</param>
/// <param name="Loss">Mean over loss tokens.</param>
public readonly record struct ValidationRecord(int Step, double Loss);

/// <summary>How a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps were taken.</summary>
    Completed,

    /// <summary>It was told to stop (Ctrl-C); what was learnt so far stands.</summary>
    Interrupted,

    /// <summary>The held-out loss no longer fell (<see cref="TrainerOptions.Patience"/>): the best step's values stand.</summary>
    StoppedEarly,

    /// <summary>Its time was up; what was learnt so far stands.</summary>
    TimeUp,

    /// <summary>The loss exploded or is no number: what was learnt is worthless.</summary>
    Diverged,
}

/// <summary>What a run came to.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Diagnosis">Why, and what to do, where it diverged.</param>
/// <param name="Steps">Every step taken.</param>
/// <param name="Validation">Every validation.</param>
/// <param name="Seconds">Time of the run, validation included.</param>
/// <param name="Kept">Steps taken before the values that are kept, where those of the lowest held-out loss are; null: the last ones are.</param>
public sealed record TrainingResult(TrainingOutcome Outcome, string? Diagnosis, IReadOnlyList<StepRecord> Steps, IReadOnlyList<ValidationRecord> Validation, double Seconds, int? Kept = null);
