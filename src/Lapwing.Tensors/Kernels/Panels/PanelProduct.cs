using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <summary>
/// y = x·Wᵀ with block-quantised W and 8-bit activations, for tokens that are read: a panel of 32 rows is unpacked once, from the file's own
/// layout, and multiplied by every tile of tokens.
/// </summary>
internal static unsafe class PanelProduct
{
    // Columns unpacked at a time: their 16-bit values stay in the first-level cache until they are packed.
    private const int Stretch = 256;

    /// <summary>The matrices must all unpack and have x's columns.</summary>
    public static void Run(
        ThreadTeam team, VectorKernels kernels, PanelKernels panels, ReadOnlySpan<WeightMatrix> weights, float* x, int tokens, ReadOnlySpan<nint> outputs)
    {
        if (tokens == 0 || weights.IsEmpty) return;
        int columns = weights[0].Columns, parts = 0;
        var plans = stackalloc ProductPlan[weights.Length];
        bool fine = false, coarse = false;
        for (int m = 0; m < weights.Length; m++)
        {
            int group = BlockCodec.GroupLength(weights[m].Type);
            fine |= group == 16;
            coarse |= group == 32;
            int panelsOfIt = (weights[m].Rows + PanelKernels.Rows - 1) / PanelKernels.Rows;
            plans[m] = new ProductPlan
            {
                Weight = weights[m], Output = (float*)outputs[m], RowsPerPart = PanelKernels.Rows, RowParts = panelsOfIt, TokensPerPart = tokens, FirstPart = parts,
            };
            parts += panelsOfIt;
        }

        long fineBytes = fine ? PanelActivations.Bytes(panels, tokens, columns, 16) : 0;
        byte* memory = Scratch.Own.Activations(fineBytes + (coarse ? PanelActivations.Bytes(panels, tokens, columns, 32) : 0));
        var by16 = fine ? PanelActivations.Make(team, kernels, panels, x, tokens, columns, 16, memory) : default;
        var by32 = coarse ? PanelActivations.Make(team, kernels, panels, x, tokens, columns, 32, memory + fineBytes) : default;
        team.Run(parts, new Job(panels, plans, weights.Length, by16, by32, tokens));
    }

    private readonly struct Job(PanelKernels panels, ProductPlan* plans, int count, PanelActivations by16, PanelActivations by32, int tokens) : IParallelJob
    {
        public void Run(int part)
        {
            var plan = ProductPlan.Find(plans, count, part);
            var (row, rows, _, _) = plan->Part(part, tokens);
            var weight = plan->Weight;
            int group = BlockCodec.GroupLength(weight.Type);
            bool minima = BlockCodec.HasMinima(weight.Type);
            int groups = weight.Columns / group, panelBytes = panels.PanelBytes(group, minima);
            byte* panel = Scratch.Own.Panel((long)groups * panelBytes);
            Unpack(weight, row, rows, group, minima, panel, panelBytes);

            var x = group == 16 ? by16 : by32;
            float* y = plan->Output + row, edge = stackalloc float[PanelKernels.Rows * 8];
            for (int first = 0, tile = 0; first < tokens; first += panels.Tokens, tile++, y += (long)panels.Tokens * weight.Rows)
            {
                int length = Math.Min(panels.Tokens, tokens - first);
                if (length == panels.Tokens && rows == PanelKernels.Rows) Multiply(panel, panelBytes, x, tile, groups, group, minima, y, weight.Rows);
                else
                {
                    Multiply(panel, panelBytes, x, tile, groups, group, minima, edge, PanelKernels.Rows);
                    for (int t = 0; t < length; t++)
                        new Span<float>(edge + t * PanelKernels.Rows, rows).CopyTo(new Span<float>(y + (long)t * weight.Rows, rows));
                }
            }
        }

        private void Multiply(byte* panel, int panelBytes, PanelActivations x, int tile, int groups, int group, bool minima, float* y, nint stride)
        {
            panels.Multiply(panel, x.Tile(tile), groups, group, minima, added: false, y, stride);
            byte* rest = x.Rest(tile);
            int* list = x.RestGroups(tile);
            for (int i = 1; i <= *list; i++, rest += panels.TileBytes(group))
                panels.Multiply(panel + (long)list[i] * panelBytes, rest, 1, group, minima, added: true, y, stride);
        }

        // Rows that the matrix lacks count as zeros, whose products nobody reads.
        private void Unpack(WeightMatrix weight, int row, int rows, int group, bool minima, byte* panel, int panelBytes)
        {
            const int Rows = PanelKernels.Rows;
            int most = Math.Max(Stretch, weight.Type.BlockLength()), mostGroups = most / group;
            short* values = (short*)Scratch.Own.Tile((long)Rows * most * sizeof(short) + 2L * mostGroups * sizeof(float));
            float* scales = (float*)(values + Rows * most), offsets = scales + mostGroups;
            if (rows < Rows)
            {
                new Span<short>(values + rows * most, (Rows - rows) * most).Clear();
                for (int g = 0; g < weight.Columns / group; g++)
                    new Span<float>((float*)(panel + (long)g * panelBytes + Rows * group * panels.ValueBytes), Rows * (minima ? 2 : 1)).Clear();
            }
            for (int start = 0; start < weight.Columns; start += most)
            {
                int length = Math.Min(most, weight.Columns - start);
                long before = weight.Type.RowBytes(start);
                byte* target = panel + (long)(start / group) * panelBytes;
                for (int r = 0; r < rows; r++)
                {
                    BlockCodec.Unpack(weight.Type, weight.Row(row + r) + before, length, values + r * most, scales, offsets);
                    float* place = (float*)(target + Rows * group * panels.ValueBytes) + r;
                    for (int g = 0; g < length / group; g++, place = (float*)((byte*)place + panelBytes))
                    {
                        *place = scales[g];
                        if (minima) place[Rows] = offsets[g];
                    }
                }
                panels.Pack(values, most, length, group, target, panelBytes);
            }
        }
    }
}
