namespace Lapwing.Training;

/// <summary>What a run will take, told before it begins: counted where counting is possible, measured on this machine where it is not.</summary>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Tokens">Tokens that go forward and backward in the whole run.</param>
/// <param name="ValidationTokens">Tokens that go forward only, in all validations together.</param>
/// <param name="TrainedParameters">Weights that learn.</param>
/// <param name="TokensPerSecond">Measured: forward and backward.</param>
/// <param name="ValidationTokensPerSecond">Measured: forward only; 0 where nothing is held out.</param>
/// <param name="ActivationBytes">Measured: activations, keys and values of the largest part of a batch that was tried.</param>
/// <param name="LearningBytes">Values, gradients and moments of what learns.</param>
public sealed record TunePlan(int Steps, long Tokens, long ValidationTokens, long TrainedParameters, double TokensPerSecond, double ValidationTokensPerSecond, long ActivationBytes, long LearningBytes)
{
    /// <summary>How long the run will take on this machine, as busy as it is now.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Tokens / TokensPerSecond + (ValidationTokens > 0 ? ValidationTokens / ValidationTokensPerSecond : 0));

    /// <summary>Bytes beside the model itself.</summary>
    public long Bytes => ActivationBytes + LearningBytes;
}
