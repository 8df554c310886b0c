namespace Lapwing.Tensors;

/// <summary>
/// c[m, n] += Σₖ a[m, k] · b[k, n] in float32: both gradients of a linear layer. b's rows are converted, 128 at a time, into panels of 32
/// columns that the tile reads straight through. The gradient of weights is sequential in k (tokens), so that it does not matter how a batch is
/// cut; that of inputs sums 128 outputs apart and adds the sums: over a head's 10^5 words one long chain would lose two more digits.
/// </summary>
internal static unsafe class GradientProduct
{
    private const int PanelWidth = 32, TileRows = 12, StepsPerPanel = 128, PartsPerThread = 4, NarrowestPart = 256, FewestRows = 48;
    private const long WorkPerPart = 1 << 17;

    /// <summary>dx[t, i] += Σₒ dy[t, o] · w[o, i].</summary>
    public static void Input(ThreadTeam team, VectorKernels kernels, WeightMatrix weight, float* dy, int tokens, float* dx) =>
        Run(team, kernels, weight, dy, weight.Rows, 1, tokens, dx, apart: true);

    /// <summary>dw[o, i] += Σₜ dy[t, o] · x[t, i].</summary>
    public static void Weight(ThreadTeam team, VectorKernels kernels, float* dy, float* x, int tokens, int rows, int columns, float* dw) =>
        Run(team, kernels, new WeightMatrix(ElementType.F32, (byte*)x, tokens, columns), dy, 1, rows, rows, dw, apart: false);

    private static void Run(ThreadTeam team, VectorKernels kernels, WeightMatrix b, float* a, nint aRow, nint aStep, int rows, float* c, bool apart)
    {
        if (rows == 0 || b.Rows == 0 || b.Columns == 0) return;
        long work = (long)rows * b.Rows * b.Columns;
        int wanted = team.Count == 1 ? 1 : (int)Math.Clamp(work / WorkPerPart, 1, (long)team.Count * PartsPerThread);
        // Wide parts first: every part converts its columns of b once, so only what columns cannot give is cut from the rows.
        int align = Math.Max(PanelWidth, b.Type.BlockLength());
        int width = Math.Max(NarrowestPart, (b.Columns + wanted - 1) / wanted);
        width = (width + align - 1) / align * align;
        int columnParts = (b.Columns + width - 1) / width;
        int rowParts = Math.Clamp(wanted / columnParts, 1, Math.Max(1, rows / FewestRows));
        int height = ((rows + rowParts - 1) / rowParts + TileRows - 1) / TileRows * TileRows;
        rowParts = (rows + height - 1) / height;
        team.Run(columnParts * rowParts, new Job(kernels, b, a, aRow, aStep, rows, c, width, height, columnParts, apart));
    }

    private readonly struct Job(
        VectorKernels kernels, WeightMatrix b, float* a, nint aRow, nint aStep, int rows, float* c, int width, int height, int columnParts,
        bool apart) : IParallelJob
    {
        public void Run(int part)
        {
            int column = part % columnParts * width, row = part / columnParts * height;
            int columns = Math.Min(width, b.Columns - column), end = Math.Min(row + height, rows);
            int panels = (columns + PanelWidth - 1) / PanelWidth;
            const int tile = TileRows * PanelWidth, packed = TileRows * StepsPerPanel;
            float* memory = (float*)Scratch.Own.Panel((tile + packed + panels * PanelWidth * (StepsPerPanel + 1L)) * sizeof(float));
            float* edge = memory, aTile = edge + tile, line = aTile + packed, panel = line + panels * PanelWidth;
            for (int k = 0; k < b.Rows; k += StepsPerPanel)
            {
                int steps = Math.Min(StepsPerPanel, b.Rows - k);
                FillPanels(k, steps, column, columns, panels, line, panel);
                for (int m = row; m < end; m += TileRows)
                {
                    int tall = Math.Min(TileRows, end - m);
                    PackRows(a + m * aRow + k * aStep, tall, steps, aTile);
                    for (int p = 0; p < panels; p++)
                    {
                        int wide = Math.Min(PanelWidth, columns - p * PanelWidth);
                        float* target = c + (long)m * b.Columns + column + p * PanelWidth, source = panel + (long)p * PanelWidth * steps;
                        if (tall == TileRows && wide == PanelWidth) kernels.Outer(aTile, 1, TileRows, source, steps, target, b.Columns, apart);
                        else Edge(aTile, source, steps, target, tall, wide, edge);
                    }
                }
            }
        }

        private void FillPanels(int k, int steps, int column, int columns, int panels, float* line, float* panel)
        {
            long skip = b.Type.RowBytes(column);
            for (int i = columns; i < panels * PanelWidth; i++) line[i] = 0;
            for (int s = 0; s < steps; s++)
            {
                Conversion.ToFloat(kernels, b.Type, b.Row(k + s) + skip, line, columns);
                for (int p = 0; p < panels; p++)
                    Copy(line + p * PanelWidth, panel + ((long)p * steps + s) * PanelWidth, PanelWidth);
            }
        }

        /// <summary>a's rows side by side, so that a step reads one cache line instead of twelve; missing rows are zeros.</summary>
        private void PackRows(float* source, int tall, int steps, float* target)
        {
            for (int m = 0; m < TileRows; m++)
            {
                float* from = source + m * aRow, to = target + m;
                if (m < tall) for (int s = 0; s < steps; s++, from += aStep, to += TileRows) *to = *from;
                else for (int s = 0; s < steps; s++, to += TileRows) *to = 0;
            }
        }

        /// <summary>A tile that reaches over c's edge works on a copy.</summary>
        private void Edge(float* aTile, float* source, int steps, float* target, int tall, int wide, float* edge)
        {
            new Span<float>(edge, TileRows * PanelWidth).Clear();
            for (int m = 0; m < tall; m++) Copy(target + (long)m * b.Columns, edge + m * PanelWidth, wide);
            kernels.Outer(aTile, 1, TileRows, source, steps, edge, PanelWidth, apart);
            for (int m = 0; m < tall; m++) Copy(edge + m * PanelWidth, target + (long)m * b.Columns, wide);
        }

        private static void Copy(float* source, float* target, int count) =>
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
    }
}
