namespace Lapwing.Tensors;

/// <summary>y = x·Wᵀ in float32: rows of W are converted a tile at a time and used for all tokens of the part.</summary>
internal static unsafe class FloatProduct
{
    // A tile that many tokens pass over belongs into the second-level cache, one that a single token sees into the first.
    private const int LargeTile = 256 << 10, SmallTile = 24 << 10, RowStep = 12, FewTokens = 4;

    public static void Run(ThreadTeam team, VectorKernels kernels, ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs)
    {
        var plans = stackalloc ProductPlan[weights.Length];
        int parts = ProductPlan.Make(weights, outputs, tokens, team.Count, plans);
        if (tokens > 0) team.Run(parts, new Job(kernels, plans, weights.Length, x, tokens));
    }

    private readonly struct Job(VectorKernels kernels, ProductPlan* plans, int count, float* x, int tokens) : IParallelJob
    {
        public void Run(int part)
        {
            var plan = ProductPlan.Find(plans, count, part);
            var (row, rows, token, length) = plan->Part(part, tokens);
            var weight = plan->Weight;
            int columns = weight.Columns;
            // Rows a multiple of 4 KiB apart share their cache sets, and a tile's ten streams drive each other out: 80 instead of 100 GFLOP/s.
            int stride = weight.Type != ElementType.F32 && columns % 1024 == 0 ? columns + 16 : columns;
            float* y = plan->Output + (long)token * weight.Rows;
            if (length < FewTokens && weight.Type is (ElementType.F16 or ElementType.BF16))
            {
                SixteenBits(weight, row, rows, x + (long)token * columns, length, y);
                return;
            }
            int fit = (length < FewTokens ? SmallTile : LargeTile) / (4 * Math.Max(columns, 1));
            int step = Math.Clamp(fit / RowStep * RowStep, RowStep, Math.Max(rows, RowStep));
            for (int end = row + rows; row < end; row += step)
            {
                int height = Math.Min(step, end - row);
                kernels.Dots(new DotProblem
                {
                    X = x + (long)token * columns,
                    XStride = columns,
                    Tokens = length,
                    W = Floats(weight, row, height, stride),
                    WStride = stride,
                    Rows = height,
                    Columns = columns,
                    Y = y + row,
                    YStride = weight.Rows,
                });
            }
        }

        /// <summary>For few tokens, 16-bit floats are converted on the way to the multiplier.</summary>
        private void SixteenBits(WeightMatrix weight, int row, int rows, float* input, int length, float* y)
        {
            ushort* source = (ushort*)weight.Row(row);
            for (int t = 0; t < length; t++, input += weight.Columns, y += weight.Rows)
            {
                if (weight.Type == ElementType.F16) kernels.DotRowsHalf(input, source, weight.Columns, rows, weight.Columns, y + row);
                else kernels.DotRowsBFloat16(input, source, weight.Columns, rows, weight.Columns, y + row);
            }
        }

        private float* Floats(WeightMatrix weight, int row, int height, int stride)
        {
            byte* source = weight.Row(row);
            if (weight.Type == ElementType.F32) return (float*)source;
            int columns = weight.Columns;
            float* tile = (float*)Scratch.Own.Tile((long)height * stride * sizeof(float));
            if (stride == columns) Conversion.ToFloat(kernels, weight.Type, source, tile, (long)height * columns);
            else for (int r = 0; r < height; r++) Conversion.ToFloat(kernels, weight.Type, weight.Row(row + r), tile + (long)r * stride, columns);
            return tile;
        }
    }
}
