namespace Lapwing.Tensors;

/// <summary>
/// Activations as 16-bit integers: blocks of 256 along a row (the last may be shorter) share one scale, max |x| / 16383. 15 bits instead of
/// the usual 8 cost no memory traffic that matters and lose 128 times less: perplexity stays that of float32. A block with an infinity or a
/// NaN becomes NaN; one below 2⁻¹⁰⁰ becomes zero.
/// </summary>
internal readonly unsafe struct QuantisedActivations
{
    public const int BlockLength = 256;

    private const int Align = 16, TokensPerPart = 8;

    private QuantisedActivations(int columns, int tokens)
    {
        int padded = (columns + 31) / 32 * 32;
        Stride = padded;
        Blocks = (columns + BlockLength - 1) / BlockLength;
        Groups16 = RoundUp(padded / 16);
        Groups32 = RoundUp(padded / 32);
        // Values and sums first: their rows are multiples of 64 bytes, so every vector of them is aligned.
        long values = (long)tokens * Stride * sizeof(short);
        byte* memory = Scratch.Own.Activations(values + (long)tokens * (Groups16 + Groups32 + Blocks) * sizeof(float));
        Values = (short*)memory;
        Sums16 = (float*)(memory + values);
        Sums32 = Sums16 + (long)tokens * Groups16;
        Scales = Sums32 + (long)tokens * Groups32;
    }

    /// <summary>[tokens, Stride].</summary>
    public short* Values { get; }

    /// <summary>Columns rounded up to 32.</summary>
    public int Stride { get; }

    /// <summary>[tokens, Blocks].</summary>
    public float* Scales { get; }

    public int Blocks { get; }

    /// <summary>[tokens, Groups16]: scaled sums of 16 quantised values, zeros beyond the last.</summary>
    public float* Sums16 { get; }

    public int Groups16 { get; }

    /// <summary>[tokens, Groups32]: scaled sums of 32.</summary>
    public float* Sums32 { get; }

    public int Groups32 { get; }

    /// <summary>Quantises x [tokens, columns]. The result lives in the calling thread's scratch until its next call.</summary>
    public static QuantisedActivations Make(ThreadTeam team, VectorKernels kernels, float* x, int tokens, int columns)
    {
        var result = new QuantisedActivations(columns, tokens);
        team.Run((tokens + TokensPerPart - 1) / TokensPerPart, new Job(kernels, x, tokens, columns, result));
        return result;
    }

    private static int RoundUp(int count) => (count + Align - 1) / Align * Align;

    private readonly struct Job(VectorKernels kernels, float* x, int tokens, int columns, QuantisedActivations target) : IParallelJob
    {
        public void Run(int part)
        {
            for (int t = part * TokensPerPart, end = Math.Min(t + TokensPerPart, tokens); t < end; t++)
            {
                float* sums16 = target.Sums16 + (long)t * target.Groups16, sums32 = target.Sums32 + (long)t * target.Groups32;
                for (int g = target.Stride / 16; g < target.Groups16; g++) sums16[g] = 0;
                for (int g = target.Stride / 32; g < target.Groups32; g++) sums32[g] = 0;
                kernels.Quantise(
                    x + (long)t * columns, columns, target.Values + (long)t * target.Stride, target.Scales + (long)t * target.Blocks, sums16, sums32);
            }
        }
    }
}
