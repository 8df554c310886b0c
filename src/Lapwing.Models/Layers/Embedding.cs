using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Models;

/// <summary>x = multiplier · table[token] (+ positions[position], where positions are learned).</summary>
public sealed unsafe class Embedding(Parameter table, float multiplier = 1, Parameter? positions = null)
{
    /// <summary>[vocabulary, hidden].</summary>
    public Parameter Table => table;

    /// <summary>Learned positions [context, hidden], if the model has them.</summary>
    public Parameter? Positions => positions;

    /// <summary>x [tokens, hidden], taken from the workspace.</summary>
    /// <exception cref="ArgumentException">An id or a position is outside its table.</exception>
    public float* Forward(Pass pass, ReadOnlySpan<int> ids)
    {
        int width = table.Value.Columns;
        float* x = pass.Workspace.Take((long)ids.Length * width), row = pass.Workspace.Take(width);
        for (int t = 0; t < ids.Length; t++)
        {
            if ((uint)ids[t] >= (uint)table.Value.Rows) throw new ArgumentException($"token id {ids[t]} at place {t} is outside the vocabulary of {table.Value.Rows}");
            float* to = x + (long)t * width;
            BlockCodec.Dequantise(table.Value.Type, table.Value.Row(ids[t]), to, width);
            if (multiplier != 1) VectorMath.Scale(to, multiplier, to, width);
            if (positions is null) continue;
            int position = pass.Positions[t];
            if (position >= positions.Value.Rows) throw new ArgumentException($"position {position} is beyond the {positions.Value.Rows} that this model learned: use a shorter context");
            BlockCodec.Dequantise(positions.Value.Type, positions.Value.Row(position), row, width);
            VectorMath.Axpy(to, 1f, row, width);
        }
        return x;
    }

    /// <summary>Gathers the tables' gradients where they are trained.</summary>
    public void Backward(Pass pass, ReadOnlySpan<int> ids, float* dx)
    {
        int width = table.Value.Columns;
        for (int t = 0; t < ids.Length; t++)
        {
            if (table.IsTrained) VectorMath.Axpy(table.Gradient + (long)ids[t] * width, multiplier, dx + (long)t * width, width);
            if (positions?.IsTrained == true) VectorMath.Axpy(positions.Gradient + (long)pass.Positions[t] * width, 1f, dx + (long)t * width, width);
        }
    }
}
