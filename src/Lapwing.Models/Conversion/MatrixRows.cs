using Lapwing.Formats;
using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Models;

/// <summary>Rows of weight matrices on their way into a file of another form and perhaps another type.</summary>
internal static unsafe class MatrixRows
{
    /// <summary>The content of a tensor, row by row as it is written.</summary>
    /// <param name="type">The tensor's type.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="source">For each of the tensor's rows the matrix and the row of it that it holds.</param>
    public static TensorFill Fill(ElementType type, int columns, Func<long, (WeightMatrix Matrix, int Row)> source)
    {
        var row = new float[columns];
        long bytes = type.RowBytes(columns);
        return (offset, chunk) =>
        {
            fixed (float* floats = row)
            fixed (byte* to = chunk)
                for (long i = 0; i < chunk.Length / bytes; i++)
                {
                    var (matrix, r) = source(offset / bytes + i);
                    Write(matrix, r, type, floats, to + i * bytes);
                }
        };
    }

    /// <summary>Writes one row in <paramref name="type"/>: as it stands where that is its own, else by way of float32.</summary>
    /// <param name="matrix">Where it is.</param>
    /// <param name="row">Which one.</param>
    /// <param name="type">The type to write.</param>
    /// <param name="floats">Room for a row of float32.</param>
    /// <param name="to">Where it goes.</param>
    public static void Write(WeightMatrix matrix, int row, ElementType type, float* floats, byte* to)
    {
        if (matrix.Type == type)
        {
            new Span<byte>(matrix.Row(row), checked((int)matrix.RowBytes)).CopyTo(new Span<byte>(to, (int)matrix.RowBytes));
            return;
        }
        BlockCodec.Dequantise(matrix.Type, matrix.Row(row), floats, matrix.Columns);
        BlockCodec.Quantise(type, floats, to, matrix.Columns);
    }
}
