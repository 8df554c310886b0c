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
    public int LossTokens { get; } = Labels.Length == 0 ? 0 : Labels.Length - 1 - Labels.AsSpan(1).Count(NoLoss);

    /// <summary>The label that each position from <paramref name="first"/> on is trained to predict: <see cref="Labels"/> moved by one, the last position with none.</summary>
    public void CopyTargets(Span<int> targets, int first = 0)
    {
        Labels.AsSpan(first + 1).CopyTo(targets);
        targets[Labels.Length - 1 - first] = NoLoss;
    }

    /// <summary>Runs of tokens with and without loss, in order: what <c>--show-masks</c> shows.</summary>
    public IEnumerable<MaskRun> Runs()
    {
        for (int start = 0; start < Ids.Length;)
        {
            bool loss = CarriesLoss(start);
            int end = start + 1;
            while (end < Ids.Length && CarriesLoss(end) == loss) end++;
            yield return new(new ArraySegment<int>(Ids, start, end - start), loss);
            start = end;
        }
    }

    private bool CarriesLoss(int position) => position > 0 && Labels[position] != NoLoss;
}

/// <summary>Neighbouring tokens of an example that all carry loss, or all do not.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="CarriesLoss">Whether they are learnt.</param>
public readonly record struct MaskRun(ArraySegment<int> Ids, bool CarriesLoss);
