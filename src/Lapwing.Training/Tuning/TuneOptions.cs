namespace Lapwing.Training;

/// <summary>What one tuning run is asked to do; the defaults are a sensible evening.</summary>
public sealed record TuneOptions
{
    /// <summary>The length where none is asked for: an answer of a page.</summary>
    public const int UsualLength = 512;

    /// <summary>The new adapter; not looked at where <see cref="From"/> is given.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>The whole model learns, in float32, and no adapter.</summary>
    public bool Full { get; init; }

    /// <summary>An adapter to learn on from (a PEFT folder or GGUF file): its method and shapes rule.</summary>
    public string? From { get; init; }

    /// <summary>The most tokens of an example: what examples were built with, for the record.</summary>
    public int Length { get; init; } = UsualLength;

    /// <summary>What is held out.</summary>
    public ValidationSize Validation { get; init; } = ValidationSize.Default;

    /// <summary>How to learn.</summary>
    public TrainerOptions Trainer { get; init; } = new();

    /// <summary>The seed of everything random: first values, order, held-out choice.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Keep only each block's input and compute the rest again in the backward pass: a third more work, a fraction of the memory.</summary>
    public bool Recompute { get; init; }

    /// <summary>The length asked for, or the usual one where the model's context allows it.</summary>
    /// <exception cref="ArgumentException">More than the model's context is asked for.</exception>
    public static int LengthFor(int context, int? asked) => asked is null ? Math.Min(UsualLength, context)
        : asked <= context ? asked.Value : throw new ArgumentException($"--length {asked} is more than this model was trained to see ({context} tokens)");
}
