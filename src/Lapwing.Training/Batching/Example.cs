using Lapwing.Training.Data;

namespace Lapwing.Training;

/// <summary>
/// One example as the model sees it: token ids and, aligned with them, the label each position carries
/// (<see cref="NoLoss"/> for none). Position t is trained to predict label t + 1, so the first label never counts.
/// </summary>
/// <param name="Ids">Token ids, at least two.</param>
/// <param name="Labels">As many labels.</param>
/// <param name="Origin">The file and line it came from.</param>
public sealed record Example(int[] Ids, int[] Labels, RowOrigin Origin)
{
    /// <summary>The label that carries no loss: Hugging Face's and PyTorch's convention.</summary>
    public const int NoLoss = -100;

    /// <summary>How many positions carry loss.</summary>
    public int LossTokens { get; } = Labels.AsSpan(Math.Min(1, Labels.Length)).Length - Labels.AsSpan(Math.Min(1, Labels.Length)).Count(NoLoss);
}
