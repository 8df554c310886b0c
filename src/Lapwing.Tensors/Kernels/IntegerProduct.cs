using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <summary>
/// y = x·Wᵀ with block-quantised W and 16-bit activations: rows are unpacked a tile at a time into 16-bit values with their groups' scales
/// and minima, and used for all tokens of the part. Formats that do not unpack take the float product.
/// </summary>
internal static unsafe class IntegerProduct
{
    // Unpacked tiles: for one token in the first-level cache beside its activations, for many in the second.
    private const int LargeTile = 192 << 10, SmallTile = 12 << 10, RowStep = 4, FewTokens = 4;

    /// <summary>The matrices must all unpack and have x's columns.</summary>
    public static void Run(ThreadTeam team, VectorKernels kernels, ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs)
    {
        if (tokens == 0 || weights.IsEmpty) return;
        var activations = QuantisedActivations.Make(team, kernels, x, tokens, weights[0].Columns);
        var plans = stackalloc ProductPlan[weights.Length];
        int parts = ProductPlan.Make(weights, outputs, tokens, team.Count, plans);
        team.Run(parts, new Job(kernels, plans, weights.Length, activations, tokens));
    }

    private readonly struct Job(VectorKernels kernels, ProductPlan* plans, int count, QuantisedActivations x, int tokens) : IParallelJob
    {
        public void Run(int part)
        {
            var plan = ProductPlan.Find(plans, count, part);
            var (row, rows, token, length) = plan->Part(part, tokens);
            var weight = plan->Weight;
            int group = BlockCodec.GroupLength(weight.Type), columns = weight.Columns;
            int groups = (columns / group + 15) / 16 * 16;
            bool minima = BlockCodec.HasMinima(weight.Type);
            int rowBytes = (x.Stride * sizeof(short)) + groups * sizeof(float) * 2;
            int step = Math.Clamp((length < FewTokens ? SmallTile : LargeTile) / rowBytes / RowStep * RowStep, RowStep, Math.Max(rows, RowStep));
            // Beyond a row's last group minima must be zero, and the scratch holds what another shape left.
            byte* memory = Scratch.Own.Tile((long)step * rowBytes);
            short* values = (short*)memory;
            float* scales = (float*)(values + (long)step * x.Stride), offsets = scales + (long)step * groups;
            for (int r = 0; r < step && minima; r++)
                for (int g = columns / group; g < groups; g++) offsets[r * groups + g] = 0;

            for (int end = row + rows; row < end; row += step)
            {
                int height = Math.Min(step, end - row);
                for (int r = 0; r < height; r++)
                    BlockCodec.Unpack(weight.Type, weight.Row(row + r), columns, values + (long)r * x.Stride, scales + (long)r * groups, offsets + (long)r * groups);
                kernels.IntegerDots(new IntegerProblem
                {
                    X = x.Values + (long)token * x.Stride,
                    XStride = x.Stride,
                    XScales = x.Scales + (long)token * x.Blocks,
                    XBlocks = x.Blocks,
                    XSums = group == 32 ? x.Sums32 + (long)token * x.Groups32 : x.Sums16 + (long)token * x.Groups16,
                    XGroups = groups,
                    Tokens = length,
                    W = values,
                    WStride = x.Stride,
                    WScales = scales,
                    WMinima = minima ? offsets : null,
                    WGroups = groups,
                    GroupLength = group,
                    Rows = height,
                    Columns = columns,
                    Y = plan->Output + (long)token * weight.Rows + row,
                    YStride = weight.Rows,
                });
            }
        }
    }
}
