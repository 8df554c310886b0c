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

    /// <summary>The run stops, as if interrupted, after the first step that ends beyond this.</summary>
    public TimeSpan? TimeLimit { get; init; }
}
