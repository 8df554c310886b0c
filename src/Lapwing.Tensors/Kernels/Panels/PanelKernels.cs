namespace Lapwing.Tensors;

/// <summary>
/// How one instruction level multiplies a panel of 32 weight rows by a tile of tokens. In both, values stand as 32-bit words of four bytes
/// or two shorts along the columns, as wide as the level multiplies in one go:
/// a panel's group is [word][row 0 … 31], then 32 scales and, where the format has them, 32 minima; a tile's group is [token][word], then
/// each token's correction, scale, and scaled sum.
/// </summary>
/// <remarks>
/// What comes out is the same at every level: for each group, y += float(Σ w·x) · w's scale · x's scale, the last by a fused multiply-add, and then
/// y += w's minimum · x's scaled sum, fused. The integer sums are exact.
/// </remarks>
internal abstract unsafe class PanelKernels
{
    /// <summary>Weight rows of a panel.</summary>
    public const int Rows = 32;

    /// <summary>Tokens of a tile.</summary>
    public abstract int Tokens { get; }

    /// <summary>Bytes of a value: 1 or 2.</summary>
    public abstract int ValueBytes { get; }

    /// <summary>What is added to each weight, so that none is negative: it is taken away again by the correction.</summary>
    public abstract int Offset { get; }

    public static PanelKernels For(InstructionLevel level) => level switch
    {
        InstructionLevel.Avx512Vnni => BytePanels.Shared,
        InstructionLevel.Avx512 => ShortPanels<Lanes512>.Shared,
        InstructionLevel.Avx2 => ShortPanels<Lanes256>.Shared,
        _ => ShortPanels<Lanes128>.Shared,
    };

    /// <summary>Bytes of a panel's group of <paramref name="group"/> columns.</summary>
    public int PanelBytes(int group, bool minima) => Rows * (group * ValueBytes + (minima ? 8 : 4));

    /// <summary>Bytes of a tile's group.</summary>
    public int TileBytes(int group) => Tokens * (group * ValueBytes + 12);

    /// <summary>
    /// Puts unpacked values [32, <paramref name="columns"/>] (at <paramref name="stride"/>) in the places of a panel whose groups are
    /// <paramref name="panelBytes"/> long.
    /// </summary>
    public abstract void Pack(short* values, nint stride, int columns, int group, byte* panel, int panelBytes);

    /// <summary>Puts one token's quantised values of a group in their place in a tile.</summary>
    public abstract void Place(sbyte* values, int group, byte* target);

    /// <summary>y[token · stride + row] = the product of a panel's and a tile's groups.</summary>
    /// <param name="panel">Groups of <see cref="PanelBytes"/>, 64-byte aligned.</param>
    /// <param name="tile">As many groups of <see cref="TileBytes"/>.</param>
    /// <param name="groups">At least 1.</param>
    /// <param name="group">Columns of a group: 16 or 32.</param>
    /// <param name="minima">Whether the panel holds minima.</param>
    /// <param name="added">Whether the sums go on from what y holds, rather than from zero.</param>
    /// <param name="y">[<see cref="Tokens"/>, 32].</param>
    /// <param name="stride">Floats from one token's results to the next's.</param>
    public abstract void Multiply(byte* panel, byte* tile, int groups, int group, bool minima, bool added, float* y, nint stride);
}
