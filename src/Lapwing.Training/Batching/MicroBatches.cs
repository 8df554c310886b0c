namespace Lapwing.Training;

/// <summary>
/// Cuts a batch into the stretches that go through the model at once. Examples lie side by side as sequences of their own: no padding,
/// and no attention from one to another. Gradients are sums over loss tokens, each weighted by one over the loss tokens of the whole
/// batch, so the cut changes nothing but memory.
/// </summary>
public static class MicroBatches
{
    /// <summary>The batch in stretches of at most <paramref name="tokens"/> tokens; an example longer than that has one to itself.</summary>
    public static IEnumerable<ArraySegment<Example>> Cut(Example[] batch, int tokens)
    {
        int start = 0, used = 0;
        for (int i = 0; i < batch.Length; i++)
        {
            if (i > start && used + (long)batch[i].Ids.Length > tokens)
            {
                yield return new(batch, start, i - start);
                (start, used) = (i, 0);
            }

            used = (int)Math.Min(int.MaxValue, used + (long)batch[i].Ids.Length);
        }

        if (start < batch.Length) yield return new(batch, start, batch.Length - start);
    }
}
