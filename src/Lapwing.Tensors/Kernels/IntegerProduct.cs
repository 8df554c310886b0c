using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <summary>
/// y = x·Wᵀ with block-quantised W and 16-bit activations: rows are unpacked a tile at a time into 16-bit values with their groups' scales
/// and minima, and used for all tokens of the part.
/// </summary>
internal static unsafe class IntegerProduct
{
    // Unpacked tiles: for one token in the first-level cache beside its activations, for many in the second.
    private const int LargeTile = 384 << 10, SmallTile = 4 << 10, RowStep = 12, FewestRows = 4, FewTokens = 4;

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
            int group = BlockCodec.GroupLength(weight.Type), shift = UnpackedValues.Shift(weight.Type), columns = weight.Columns;
            int groups = (columns / group + 15) / 16 * 16, blocks = groups * group / QuantisedActivations.BlockLength;
            bool minima = BlockCodec.HasMinima(weight.Type), few = length < FewTokens, packed = few && kernels.TakesPacked(weight.Type);
            int rowBytes = (packed ? 0 : columns * sizeof(short)) + (2 * groups + blocks) * sizeof(float);
            int step = Math.Clamp((few ? SmallTile : LargeTile) / rowBytes / RowStep * RowStep, few ? FewestRows : RowStep, Math.Max(rows, RowStep));
            short* values = (short*)Scratch.Own.Tile((long)step * rowBytes);
            float* scales = (float*)(packed ? values : values + (long)step * columns);
            float* offsets = scales + (long)step * groups, blockScales = offsets + (long)step * groups;
            for (int end = row + rows; row < end; row += step)
            {
                int height = Math.Min(step, end - row);
                if (packed) kernels.UnpackScales(weight.Type, weight.Row(row), (nint)weight.RowBytes, height, columns, scales, offsets, groups);
                else Unpack(weight, row, height, values, scales, offsets, groups, group);
                kernels.PrepareScales(scales, height * groups, group, shift, blockScales);
                // Many tokens take prepared weights; for few, the factors go in on the way, from packed blocks if possible. The integers are the same.
                for (int r = 0; r < height && !few; r++) kernels.PrepareWeights(values + (long)r * columns, columns, group, shift, scales + r * groups);
                kernels.IntegerDots(new IntegerProblem
                {
                    X = x.Values + (long)token * x.Stride,
                    XStride = x.Stride,
                    XScales = x.Scales + (long)token * x.Blocks,
                    XSums = group == 32 ? x.Sums32 + (long)token * groups : x.Sums16 + (long)token * groups,
                    Blocks = x.Blocks,
                    Tokens = length,
                    W = packed ? weight.Row(row) : (byte*)values,
                    WStride = packed ? (nint)weight.RowBytes : columns * sizeof(short),
                    Packing = packed ? weight.Type : null,
                    Ahead = few && row + height < end ? weight.Row(row + height) : null,
                    AheadStride = (nint)weight.RowBytes,
                    WFactors = few ? scales : null,
                    WScales = blockScales,
                    WBlocks = blocks,
                    WShift = shift,
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

        private static void Unpack(WeightMatrix weight, int row, int height, short* values, float* scales, float* minima, int groups, int group)
        {
            int columns = weight.Columns, used = columns / group;
            if (used == groups)
            {
                BlockCodec.Unpack(weight.Type, weight.Row(row), height * columns, values, scales, minima);
                return;
            }
            for (int r = 0; r < height; r++, values += columns, scales += groups, minima += groups)
            {
                // The scratch holds what another shape left: beyond the last group there must be zeros.
                for (int g = used; g < groups; g++) scales[g] = minima[g] = 0;
                BlockCodec.Unpack(weight.Type, weight.Row(row + r), columns, values, scales, minima);
            }
        }
    }
}
