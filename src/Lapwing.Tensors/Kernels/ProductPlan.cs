namespace Lapwing.Tensors;

/// <summary>One weight matrix's share of a product: how its rows and the tokens are cut into parts. Where they are cut changes no bit.</summary>
internal unsafe struct ProductPlan
{
    // A part takes 3 µs or more, several times a join. Eight parts a thread even out what a busy machine takes away.
    private const long WorkPerPart = 1 << 15;
    private const int PartsPerThread = 8, RowStep = 12, TokenStep = 4, FewestTokens = 16;

    public WeightMatrix Weight;
    public float* Output;
    public int RowsPerPart;
    public int TokensPerPart;
    public int RowParts;
    public int FirstPart;

    /// <summary>Fills <paramref name="plans"/> for matrices that share their tokens; returns the number of parts.</summary>
    public static int Make(ReadOnlySpan<WeightMatrix> weights, ReadOnlySpan<nint> outputs, int tokens, int threads, ProductPlan* plans)
    {
        long work = 0;
        foreach (var weight in weights) work += (long)weight.Rows * weight.Columns * tokens;
        long wanted = threads == 1 ? 1 : Math.Clamp(work / WorkPerPart / threads, 1, PartsPerThread) * threads; // as many for every thread
        if (work < WorkPerPart) wanted = 1;
        int parts = 0;
        for (int m = 0; m < weights.Length; m++)
        {
            var weight = weights[m];
            long share = Math.Max(1, (long)((double)wanted * weight.Rows * weight.Columns * tokens / Math.Max(work, 1)));
            int rows = Math.Max(RowStep, RoundUp((int)((weight.Rows + share - 1) / share), RowStep));
            int rowParts = Math.Max(1, (weight.Rows + rows - 1) / rows);
            // Few rows, many tokens (an adapter's narrow matrix): cut the tokens too.
            int tokenParts = (int)Math.Clamp(share / rowParts, 1, Math.Max(1, tokens / FewestTokens));
            int perPart = RoundUp((tokens + tokenParts - 1) / tokenParts, TokenStep);
            plans[m] = new ProductPlan
            {
                Weight = weight,
                Output = (float*)outputs[m],
                RowsPerPart = rows,
                TokensPerPart = perPart,
                RowParts = rowParts,
                FirstPart = parts,
            };
            parts += rowParts * ((tokens + perPart - 1) / perPart);
        }
        return parts;
    }

    /// <summary>The plan that part <paramref name="part"/> belongs to.</summary>
    public static ProductPlan* Find(ProductPlan* plans, int count, int part)
    {
        int m = count - 1;
        while (plans[m].FirstPart > part) m--;
        return plans + m;
    }

    public readonly (int FirstRow, int Rows, int FirstToken, int Tokens) Part(int part, int tokens)
    {
        int token = (part - FirstPart) / RowParts * TokensPerPart, row = (part - FirstPart) % RowParts * RowsPerPart;
        return (row, Math.Min(RowsPerPart, Weight.Rows - row), token, Math.Min(TokensPerPart, tokens - token));
    }

    private static int RoundUp(int value, int step) => (value + step - 1) / step * step;
}
