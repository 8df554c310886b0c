namespace Lapwing.Training;

/// <summary>How a run learns.</summary>
public sealed record TrainerOptions
{
    /// <summary>Which examples each step sees.</summary>
    public BatchOptions Batches { get; init; } = new();

    /// <summary>The highest learning rate.</summary>
    public double PeakRate { get; init; } = 2e-4;

    /// <summary>How it goes on after the warm-up.</summary>
    public LearningRateShape Schedule { get; init; } = LearningRateShape.Linear;

    /// <summary>Steps in which it rises; null: one in twenty, at most 20.</summary>
    public int? Warmup { get; init; }

    /// <summary>The global gradient norm is cut to this; 0 for no clipping.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>The optimiser's settings.</summary>
    public AdamWOptions Optimiser { get; init; } = new();

    /// <summary>Whether the examples of a batch go through the model side by side; if not, one at a time. The result is the same, the rate is not.</summary>
    public bool Pack { get; init; } = true;

    /// <summary>The most tokens that go through the model at once: bounds the memory of activations.</summary>
    public int MicroBatchTokens { get; init; } = 1024;

    /// <summary>Steps from one validation to the next; null: after every epoch. The first comes before the first step, the last after the last.</summary>
    public int? ValidateEvery { get; init; }

    /// <summary>
    /// Whether the values at the lowest held-out loss are the outcome, rather than the last ones; null: where enough examples are held out to tell
    /// (<see cref="EnoughToChoose"/>) and an adapter learns, or <see cref="Patience"/> asks for it.
    /// </summary>
    public bool? KeepBest { get; init; }

    /// <summary>The run stops after so many validations in a row without a new lowest held-out loss; null: it runs to its end.</summary>
    public int? Patience { get; init; }

    /// <summary>
    /// Held-out examples from which on the best step is chosen unasked. Answers differ in difficulty by about their own mean, so the mean of 20 wavers by a quarter of it,
    /// and differences between steps, being of the same examples, by far less; of two examples it may be chance alone.
    /// </summary>
    public const int EnoughToChoose = 20;

    /// <summary>The run stops, as if interrupted, after the first step that ends beyond this.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
