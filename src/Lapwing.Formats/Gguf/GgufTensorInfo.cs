using Lapwing.Formats.Files;
using Lapwing.Tensors;

namespace Lapwing.Formats.Gguf;

/// <summary>One line of the table of tensors.</summary>
internal sealed record GgufTensorInfo(string Name, ElementType Type, long[] Shape, long Bytes, ulong Offset)
{
    /// <summary>GGML_MAX_DIMS.</summary>
    public const int MostDimensions = 4;

    /// <summary>The specification's limit in bytes. (ggml itself keeps a zero in the same 64 bytes: the writer stops at 63.)</summary>
    public const int LongestName = 64;

    public static GgufTensorInfo Read(BoundedReader reader)
    {
        var input = reader.Input;
        string name = GgufValueReader.ReadName(reader, "tensor name", LongestName);
        string what = $"the entry of tensor {Wording.Quote(name)}";
        uint dimensions = reader.ReadUInt32(what);
        if (dimensions is 0 or > MostDimensions) throw input.Bad($"tensor {Wording.Quote(name)} has {dimensions} dimensions; a tensor has 1 to {MostDimensions}");
        // The file lists the innermost extent first.
        long[] shape = new long[dimensions];
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            ulong extent = reader.ReadUInt64(what);
            if (extent is 0 or > long.MaxValue) throw input.Bad($"tensor {Wording.Quote(name)} has an extent of {(long)extent}");
            shape[d] = (long)extent;
        }
        uint number = reader.ReadUInt32(what);
        var type = (ElementType)number;
        if (number > int.MaxValue || !type.IsKnown())
            throw input.Beyond($"tensor {Wording.Quote(name)} has element type {number}, which this version does not know; update the program or convert the model again");
        ulong offset = reader.ReadUInt64(what);
        if (shape[^1] % type.BlockLength() != 0)
            throw input.Bad($"tensor {Wording.Quote(name)} has rows of {shape[^1]}, no whole number of {type} blocks of {type.BlockLength()}");
        return new GgufTensorInfo(name, type, shape, Size(name, type, shape, input), offset);
    }

    private static long Size(string name, ElementType type, long[] shape, InputBytes input)
    {
        try
        {
            long count = 1;
            foreach (long extent in shape) count = checked(count * extent);
            return type.RowBytes(count);
        }
        catch (OverflowException)
        {
            throw input.Bad($"the size of tensor {Wording.Quote(name)} [{string.Join(", ", shape)}] does not fit 63 bits");
        }
    }
}
