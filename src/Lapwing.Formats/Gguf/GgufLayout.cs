using Lapwing.Formats.Files;

namespace Lapwing.Formats.Gguf;

/// <summary>Where tensor data may lie.</summary>
internal static class GgufLayout
{
    /// <summary>1 GiB: the largest page size in use; an alignment beyond it is no alignment.</summary>
    private const uint LargestAlignment = 1u << 30;

    public static long Align(long offset, long alignment) => checked((offset + alignment - 1) / alignment * alignment);

    /// <summary>The specification asks for a multiple of 8; ggml for a power of two.</summary>
    public static void RequireAlignment(uint alignment, Func<string, Exception> error)
    {
        if (alignment is < 8 or > LargestAlignment || (alignment & (alignment - 1)) != 0)
            throw error($"{GgufHeader.AlignmentKey} is {alignment}, not a power of two from 8 to {LargestAlignment}");
    }

    /// <summary>
    /// Tensors must lie one after the other, each at the next multiple of the alignment, from the start of the data to the end of
    /// the file: no byte belongs to two tensors, and none but padding to none.
    /// </summary>
    public static void Check(List<GgufTensorInfo> tensors, long alignment, long dataStart, InputBytes input)
    {
        long available = Math.Max(0, input.Length - dataStart);
        long expected = 0;
        long end = 0;
        foreach (var tensor in tensors.OrderBy(t => t.Offset))
        {
            string name = Wording.Quote(tensor.Name);
            if (tensor.Offset % (ulong)alignment != 0) throw input.Bad($"tensor {name} lies at offset {tensor.Offset}, which is no multiple of the alignment {alignment}");
            if (tensor.Offset > (ulong)available || tensor.Bytes > available - (long)tensor.Offset)
                throw input.Bad($"tensor {name} needs {tensor.Bytes} bytes at offset {tensor.Offset} of {available} bytes of data");
            if ((long)tensor.Offset < expected) throw input.Bad($"tensor {name} at offset {tensor.Offset} overlaps the one before it, which ends at {end}");
            if ((long)tensor.Offset > expected) throw input.Bad($"there is a hole between {end} and tensor {name} at offset {tensor.Offset}");
            end = expected + tensor.Bytes;
            expected = Align(end, alignment);
        }
        // Some writers pad the last tensor as well, and a file of metadata alone may be padded to where data would begin.
        long after = input.Length - (dataStart + end);
        if (after >= alignment) throw input.Bad($"{after} bytes follow the last tensor that belong to none");
    }
}
