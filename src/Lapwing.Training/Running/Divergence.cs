using System.Globalization;

namespace Lapwing.Training;

/// <summary>Tells a run that has lost its way from one that is merely learning, and says what to do.</summary>
internal sealed class Divergence(int vocabulary)
{
    // Guessing among V tokens costs ln V. Three times that, or three times where the run began, is worse than knowing nothing;
    // an honest run can rise at first (a random adapter against a warm-up), but not there.
    private const double Factor = 3;
    private double? first;
    private StepRecord? previous;

    /// <summary>What is wrong with the step, or null.</summary>
    public string? Diagnose(in StepRecord step)
    {
        first ??= step.Loss;
        string? what =
            !double.IsFinite(step.Loss) ? "the loss is no number" :
            !double.IsFinite(step.GradientNorm) ? "the gradient is no number" :
            step.Loss > Factor * Math.Max(first.Value, Math.Log(vocabulary)) ? $"the loss exploded from {Text(first.Value)} to {Text(step.Loss)}" : null;
        string? diagnosis = what is null ? null : Explain(what, step);
        previous = step;
        return diagnosis;
    }

    private string Explain(string what, in StepRecord step)
    {
        if (previous is not { } before)
            return $"step {step.Step}: {what} before anything was learnt: the model (or the adapter it starts from) is damaged, or does not fit its file";
        string norm = before.GradientNorm > 100 ? $", with a gradient norm of {Text(before.GradientNorm)}" : "";
        return $"step {step.Step}: {what}; the step before took --lr {Text(before.LearningRate)}{norm}: lower --lr (to {Text(before.LearningRate / 5)}, say), warm up longer, or clip harder (--clip 1)";
    }

    private static string Text(double value) => value.ToString("0.###e0", CultureInfo.InvariantCulture) is var e && Math.Abs(value) is >= 0.01 and < 1000 ? value.ToString("0.###", CultureInfo.InvariantCulture) : e;
}
