namespace Lapwing.Training;

/// <summary>
/// The values that what learns had at the lowest held-out loss so far: 4 bytes a weight. The untrained start is no candidate: an adapter that does nothing is not what
/// anyone asked for.
/// </summary>
internal sealed class BestValues(IReadOnlyList<TrainableTensor> tensors)
{
    private readonly float[][] values = [.. tensors.Select(t => new float[t.Length])];

    /// <summary>Steps taken before the values here; null while there are none.</summary>
    public int? Step { get; private set; }

    /// <summary>The held-out loss at that step.</summary>
    public double Loss { get; private set; } = double.PositiveInfinity;

    /// <summary>The values of tensor <paramref name="index"/>.</summary>
    public Span<float> Of(int index) => values[index];

    /// <summary>Copies the present values where their held-out loss is lower than all before.</summary>
    public void Offer(in ValidationRecord validation)
    {
        if (validation.Step == 0 || !(validation.Loss < Loss)) return;
        Mark(validation);
        for (int t = 0; t < tensors.Count; t++) tensors[t].Value.CopyTo(values[t]);
    }

    /// <summary>The values were restored from a file: which validation they belong to.</summary>
    public void Mark(in ValidationRecord validation) => (Step, Loss) = (validation.Step, validation.Loss);

    /// <summary>Copies the best values back.</summary>
    public void Take()
    {
        if (Step is null) return;
        for (int t = 0; t < tensors.Count; t++) values[t].CopyTo(tensors[t].Value);
    }
}
