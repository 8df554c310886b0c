using System.Diagnostics.CodeAnalysis;

namespace Lapwing.Training;

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum LearningRateShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls in a straight line to zero at the end of the run.</summary>
    Linear,

    /// <summary>It falls along half a cosine to zero at the end of the run.</summary>
    Cosine,
}

/// <summary>
/// The learning rate of every step of a run: with s from 0 and n steps it is peak·(s+1)/w while s &lt; w = warm-up; then, with
/// x = (s−w)/(n−w), constant: peak, linear: peak·(1−x), cosine: peak·½(1+cos πx).
/// </summary>
public sealed class LearningRate
{
    private readonly double peak;
    private readonly int warmup;
    private readonly int steps;
    private readonly LearningRateShape shape;

    /// <summary>The schedule of a run of <paramref name="steps"/> steps.</summary>
    /// <exception cref="ArgumentException">A number that makes no sense; the message names the option.</exception>
    public LearningRate(LearningRateShape shape, double peak, int warmup, int steps)
    {
        if (!(peak > 0) || double.IsInfinity(peak)) throw new ArgumentException($"--lr {peak}: the learning rate must be a positive number, such as 2e-4");
        if (warmup < 0) throw new ArgumentException($"--warmup {warmup}: the number of warm-up steps must not be negative");
        if (steps < 1) throw new ArgumentException($"a run of {steps} steps learns nothing: raise --steps or --epochs");
        this.shape = shape;
        this.peak = peak;
        this.warmup = warmup;
        this.steps = steps;
    }

    /// <summary>The rate of step <paramref name="step"/> (from 0).</summary>
    public double At(int step)
    {
        if (step < warmup) return peak * (step + 1) / warmup;
        double x = Math.Min(1, (double)(step - warmup) / Math.Max(1, steps - warmup));
        return shape switch
        {
            LearningRateShape.Linear => peak * (1 - x),
            LearningRateShape.Cosine => peak * 0.5 * (1 + Math.Cos(Math.PI * x)),
            _ => peak,
        };
    }

    /// <summary>The shape of that name (<c>constant</c>, <c>linear</c>, <c>cosine</c>).</summary>
    public static bool TryParseShape(string name, [NotNullWhen(true)] out LearningRateShape? shape)
    {
        shape = name switch
        {
            "constant" => LearningRateShape.Constant,
            "linear" => LearningRateShape.Linear,
            "cosine" => LearningRateShape.Cosine,
            _ => null,
        };
        return shape is not null;
    }
}
