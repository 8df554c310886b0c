namespace Lapwing.Tensors;

/// <summary>
/// Activations as 8-bit integers in tiles of tokens, groups of 16 or 32 along a row under one scale, max |x| / 127. Groups are those of the weights
/// that they meet. A group with an infinity or a NaN becomes NaN; one below 2⁻¹⁰⁰ becomes zero.
/// </summary>
internal readonly unsafe struct PanelActivations
{
    private readonly byte* data;
    private readonly long tileBytes;

    private PanelActivations(byte* data, long tileBytes)
    {
        this.data = data;
        this.tileBytes = tileBytes;
    }

    public static long Bytes(PanelKernels panels, int tokens, int columns, int group) =>
        (long)((tokens + panels.Tokens - 1) / panels.Tokens) * (columns / group) * panels.TileBytes(group);

    /// <summary>Quantises x [tokens, columns] into <paramref name="target"/>. Tokens that a last tile lacks are zeros.</summary>
    public static PanelActivations Make(ThreadTeam team, VectorKernels kernels, PanelKernels panels, float* x, int tokens, int columns, int group, byte* target)
    {
        long bytes = (long)(columns / group) * panels.TileBytes(group);
        team.Run((tokens + panels.Tokens - 1) / panels.Tokens, new Job(kernels, panels, x, tokens, columns, group, target, bytes));
        return new PanelActivations(target, bytes);
    }

    /// <summary>Tokens from <paramref name="index"/> · <see cref="PanelKernels.Tokens"/> on.</summary>
    public byte* Tile(int index) => data + index * tileBytes;

    private readonly struct Job(VectorKernels kernels, PanelKernels panels, float* x, int tokens, int columns, int group, byte* target, long tileBytes) : IParallelJob
    {
        public void Run(int part)
        {
            byte* tile = target + part * tileBytes;
            int groups = columns / group, count = panels.Tokens, first = part * count, groupBytes = panels.TileBytes(group), size = group * panels.ValueBytes;
            if (first + count > tokens) new Span<byte>(tile, checked((int)tileBytes)).Clear();
            float* scales = (float*)Scratch.Own.Tile((long)groups * 2 * sizeof(float) + columns);
            int* sums = (int*)(scales + groups);
            sbyte* values = (sbyte*)(sums + groups);
            for (int t = 0; t < count && first + t < tokens; t++)
            {
                kernels.QuantiseGroups(x + (long)(first + t) * columns, columns, group, values, scales, sums);
                byte* at = tile;
                for (int g = 0; g < groups; g++, at += groupBytes)
                {
                    panels.Place(values + g * group, group, at + t * size);
                    float* numbers = (float*)(at + count * size);
                    ((int*)numbers)[t] = -panels.Offset * sums[g];
                    numbers[count + t] = scales[g];
                    numbers[2 * count + t] = sums[g] * scales[g];
                }
            }
        }
    }
}
