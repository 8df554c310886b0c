namespace Lapwing.Models;

/// <summary>
/// How a GGUF file of the llama family stores the rows of the query and key projections: within each head, row 2·i is
/// Transformers' row i and row 2·i + 1 its row i + half, so that rotary pairs stand side by side.
/// </summary>
/// <param name="Heads">Heads.</param>
/// <param name="HeadWidth">Rows of a head.</param>
public sealed record RowOrder(int Heads, int HeadWidth)
{
    /// <summary>Transformers' row that stands at a GGUF file's row <paramref name="stored"/>.</summary>
    public int ToReference(int stored)
    {
        int head = stored / HeadWidth, row = stored % HeadWidth;
        return head * HeadWidth + row / 2 + row % 2 * (HeadWidth / 2);
    }

    /// <summary>Rows [rows, columns] from Transformers' order to GGUF's.</summary>
    public float[] ToGguf(ReadOnlySpan<float> reference, int columns) => Move(reference, columns, toGguf: true);

    /// <summary>Rows [rows, columns] from GGUF's order to Transformers'.</summary>
    public float[] ToReference(ReadOnlySpan<float> gguf, int columns) => Move(gguf, columns, toGguf: false);

    private float[] Move(ReadOnlySpan<float> rows, int columns, bool toGguf)
    {
        var moved = new float[rows.Length];
        for (int stored = 0; stored < Heads * HeadWidth; stored++)
        {
            int from = toGguf ? ToReference(stored) : stored, to = toGguf ? stored : ToReference(stored);
            rows.Slice(from * columns, columns).CopyTo(moved.AsSpan(to * columns));
        }
        return moved;
    }
}
