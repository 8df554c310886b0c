using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors.Blocks.Search;

/// <summary>The integers that an element can take, times its scale.</summary>
internal interface ILevels
{
    /// <summary>The lowest level.</summary>
    float Low { get; }

    /// <summary>The highest level.</summary>
    float High { get; }

    /// <summary>About how many levels lie on either side of zero: the coarser, the further from the extreme the best scale may be.</summary>
    float Fineness { get; }

    /// <summary>The level nearest to each lane.</summary>
    Vector512<float> Nearest(Vector512<float> value);
}

/// <summary>All integers from low to high.</summary>
internal readonly struct UniformLevels(float low, float high) : ILevels
{
    public float Low => low;

    public float High => high;

    public float Fineness => -low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Nearest(Vector512<float> value) =>
        Vector512.MinNative(Vector512.MaxNative(Vector512.Round(value), Vector512.Create(low)), Vector512.Create(high));
}

/// <summary>The sixteen uneven levels of IQ4_NL and IQ4_XS.</summary>
internal readonly unsafe struct CurvedLevels : ILevels
{
    private static ReadOnlySpan<float> All => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public float Low => -127;

    public float High => 113;

    public float Fineness => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Nearest(Vector512<float> value)
    {
        if (Avx512F.IsSupported) return NearestByTable(value);
        var level = Vector512.Create(All[0]);
        for (int k = 1; k < 16; k++)
            level = Vector512.ConditionalSelect(
                Vector512.GreaterThan(value, Vector512.Create((All[k - 1] + All[k]) / 2)), Vector512.Create(All[k]), level);
        return level;
    }

    /// <summary>The index of a level: IQ4_NL's nibble.</summary>
    public static int Index(float level)
    {
        int index = 0;
        while (All[index] < level) index++;
        return index;
    }

    // Of 32 bins 8 wide no two middles share one: a bin tells the level below its middle, the middle and the level above. Three look-ups
    // for fifteen comparisons; the same levels, ties included.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> NearestByTable(Vector512<float> value)
    {
        var bin = Vector512.Floor(value * 0.125f) + Vector512.Create(16f);
        bin = Vector512.MinNative(Vector512.MaxNative(bin, Vector512<float>.Zero), Vector512.Create(31f));
        var index = Avx512F.ConvertToVector512Int32WithTruncation(bin);
        fixed (float* table = Bins)
        {
            var middle = Avx512F.PermuteVar16x32x2(Vector512.Load(table), index, Vector512.Load(table + 16));
            var below = Avx512F.PermuteVar16x32x2(Vector512.Load(table + 32), index, Vector512.Load(table + 48));
            var above = Avx512F.PermuteVar16x32x2(Vector512.Load(table + 64), index, Vector512.Load(table + 80));
            return Vector512.ConditionalSelect(Vector512.GreaterThan(value, middle), above, below);
        }
    }

    private static readonly float[] Bins = MakeBins();

    private static float[] MakeBins()
    {
        var bins = new float[96];
        for (int bin = 0; bin < 32; bin++)
        {
            float start = 8 * bin - 128;
            int k = 0;
            while (k < 15 && (All[k] + All[k + 1]) / 2 < start) k++;
            // k is the level just below or at the start of the bin; the middle above it may lie beyond the bin's end, which does no harm.
            bins[bin] = k < 15 ? (All[k] + All[k + 1]) / 2 : float.PositiveInfinity;
            bins[32 + bin] = All[k];
            bins[64 + bin] = All[Math.Min(k + 1, 15)];
        }

        return bins;
    }
}

/// <summary>The levels of the 4-bit float E2M1, doubled: 0, 1, 2, 3, 4, 6, 8, 12 and their negatives.</summary>
internal readonly struct FloatLevels : ILevels
{
    public float Low => -12;

    public float High => 12;

    public float Fineness => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Nearest(Vector512<float> value)
    {
        var m = Vector512.Abs(value);
        var whole = Vector512.Round(m);
        var even = Vector512.Round(m * 0.5f) * 2f;
        var fours = Vector512.MinNative(Vector512.Round(m * 0.25f) * 4f, Vector512.Create(12f));
        var level = Vector512.ConditionalSelect(Vector512.LessThan(m, Vector512.Create(4f)), whole,
            Vector512.ConditionalSelect(Vector512.LessThan(m, Vector512.Create(8f)), even, fours));
        return Vector512.CopySign(level, value);
    }

    /// <summary>The nibble of a level: sign, then the index of its magnitude.</summary>
    public static int Index(float level)
    {
        float m = MathF.Abs(level);
        int index = m <= 4 ? (int)m : m == 6 ? 5 : m == 8 ? 6 : 7;
        return level < 0 ? index | 8 : index;
    }
}
