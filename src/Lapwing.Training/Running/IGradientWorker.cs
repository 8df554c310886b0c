namespace Lapwing.Training;

/// <summary>
/// The work of a training step as a value: examples in, loss sum and token-weighted gradient sums out. A batch may be cut into any
/// number of parts and each part given to any worker; adding up the sums gives the step.
/// </summary>
public interface IGradientWorker
{
    /// <summary>Σ −ln p over the loss tokens of <paramref name="examples"/>; adds <paramref name="weight"/> times its gradient to that of everything trained.</summary>
    double LossAndGradients(ReadOnlySpan<Example> examples, float weight);
}

/// <summary>Loss without gradients, by the arithmetic that inference will use.</summary>
public interface ILossWorker
{
    /// <summary>For each of <paramref name="examples"/>, Σ −ln p over its loss tokens: it does not depend on what else is computed with it.</summary>
    /// <param name="examples">What is computed together.</param>
    /// <param name="sums">[examples.Length].</param>
    void Losses(ReadOnlySpan<Example> examples, Span<double> sums);
}
