namespace Lapwing.Cli.Tuning;

/// <summary>
/// What a run does where nothing is said, by how much there is to learn from. A person with forty examples should not have to know that
/// forty examples need more rounds and a higher rate than four thousand. The measurements are in docs/tuning.md.
/// </summary>
internal sealed record TuneDefaults(int Batch, int Epochs, double Rate)
{
    public const int Rank = 16;

    public const ulong Seed = 42;

    /// <summary>rsLoRA scales by alpha/√rank: 8 gives at rank 16 the factor 2 that LoRA has at every rank.</summary>
    public const double RankStabilisedAlpha = 8;

    private const int UsualBatch = 8;

    /// <summary>Fewer optimiser steps than this do not reliably teach even one fact.</summary>
    public const int FewestSteps = 90;

    /// <summary>Below this many examples the data is one topic, and learning it by heart is the aim.</summary>
    public const int Small = 300;

    /// <summary>From here on one round is enough.</summary>
    public const int Large = 1000;

    /// <summary>The rates for the help.</summary>
    public static string RateInWords => $"1e-3 below {Small} rows, 5e-4 below {Large}, else 2e-4; less for wide models, a tenth for full";

    /// <summary>The epochs for the help.</summary>
    public static string EpochsInWords => $"as many as make {FewestSteps} steps, at least one";

    /// <summary>For <paramref name="examples"/> to learn from and a model <paramref name="width"/> wide.</summary>
    public static TuneDefaults For(int examples, int width, bool full, int? batch)
    {
        int size = batch ?? Math.Max(1, Math.Min(UsualBatch, examples));
        int stepsAnEpoch = (Math.Max(1, examples) - 1) / Math.Max(1, size) + 1;
        int epochs = Math.Max(1, (FewestSteps + stepsAnEpoch - 1) / stepsAnEpoch);
        double rate = examples < Small ? 1e-3 : examples < Large ? 5e-4 : 2e-4;
        // Wide models take smaller steps: the best rate falls about as width^-0.78, from 5e-4 at 2,000 (Schulman et al., LoRA Without Regret, 2025).
        rate = Math.Min(rate, 5e-4 * Math.Pow(2000.0 / width, 0.78));
        // The same work finds full training's best rate a tenth of LoRA's.
        if (full) rate /= 10;
        // Two digits: what the record and the messages show is what was used.
        double digit = Math.Pow(10, Math.Floor(Math.Log10(rate)) - 1);
        return new(size, epochs, Math.Round(Math.Round(rate / digit) * digit, 12));
    }
}
