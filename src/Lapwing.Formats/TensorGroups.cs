namespace Lapwing.Formats;

/// <summary>Parts a list of tensors into files.</summary>
internal static class TensorGroups
{
    /// <summary>Consecutive tensors of at most <paramref name="mostBytes"/> together; a larger tensor stands alone. At least one group.</summary>
    public static List<List<TensorOutput>> Split(IReadOnlyList<TensorOutput> tensors, long mostBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBytes, 1);
        var groups = new List<List<TensorOutput>> { new() };
        long used = 0;
        foreach (var tensor in tensors)
        {
            if (groups[^1].Count > 0 && tensor.Bytes > mostBytes - used)
            {
                groups.Add([]);
                used = 0;
            }
            groups[^1].Add(tensor);
            used = Math.Min(mostBytes, used + tensor.Bytes);
        }
        return groups;
    }
}
