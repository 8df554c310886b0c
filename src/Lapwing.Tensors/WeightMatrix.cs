namespace Lapwing.Tensors;

/// <summary>
/// A matrix of weights [rows, columns] where the file put it: rows are contiguous, each a whole number of blocks of
/// <see cref="Type"/>. In a linear layer rows are outputs and columns are inputs. The memory belongs to someone else.
/// </summary>
public readonly unsafe struct WeightMatrix
{
    /// <summary>A view of <paramref name="data"/> as [<paramref name="rows"/>, <paramref name="columns"/>].</summary>
    /// <exception cref="ArgumentException">A row is no whole number of blocks.</exception>
    public WeightMatrix(ElementType type, byte* data, int rows, int columns)
    {
        Type = type;
        Data = data;
        Rows = rows;
        Columns = columns;
        RowBytes = type.RowBytes(columns);
    }

    /// <summary>How elements are stored.</summary>
    public ElementType Type { get; }

    /// <summary>The first row's first byte.</summary>
    public byte* Data { get; }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public long RowBytes { get; }

    /// <summary>The first byte of row <paramref name="index"/>.</summary>
    public byte* Row(int index) => Data + index * RowBytes;

    /// <summary>Rows <paramref name="first"/> … <paramref name="first"/> + <paramref name="count"/> − 1 as a matrix of their own.</summary>
    public WeightMatrix Slice(int first, int count) => new(Type, Row(first), count, Columns);
}
