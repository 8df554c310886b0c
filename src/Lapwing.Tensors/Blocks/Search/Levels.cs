using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    Vector256<float> Nearest(Vector256<float> value);
}

/// <summary>All integers from low to high.</summary>
internal readonly struct UniformLevels(float low, float high) : ILevels
{
    public float Low => low;

    public float High => high;

    public float Fineness => -low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Nearest(Vector256<float> value) =>
        Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value), Vector256.Create(low)), Vector256.Create(high));
}

/// <summary>The sixteen uneven levels of IQ4_NL and IQ4_XS.</summary>
internal readonly struct CurvedLevels : ILevels
{
    private static ReadOnlySpan<float> Steps => [23, 21, 18, 16, 14, 13, 12, 11, 12, 12, 13, 15, 16, 20, 24];

    private static ReadOnlySpan<float> Middles => [-115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101];

    public float Low => -127;

    public float High => 113;

    public float Fineness => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Nearest(Vector256<float> value)
    {
        // Climb from the lowest level: each middle that is passed adds the step above it.
        var level = Vector256.Create(-127f);
        for (int k = 0; k < 15; k++)
            level += Vector256.GreaterThan(value, Vector256.Create(Middles[k])) & Vector256.Create(Steps[k]);
        return level;
    }

    /// <summary>The index of a level: IQ4_NL's nibble.</summary>
    public static int Index(float level)
    {
        int index = 0;
        while (index < 15 && level > Middles[index]) index++;
        return index;
    }
}

/// <summary>The levels of the 4-bit float E2M1, doubled: 0, 1, 2, 3, 4, 6, 8, 12 and their negatives.</summary>
internal readonly struct FloatLevels : ILevels
{
    public float Low => -12;

    public float High => 12;

    public float Fineness => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Nearest(Vector256<float> value)
    {
        var m = Vector256.Abs(value);
        var whole = Vector256.Round(m);
        var even = Vector256.Round(m * 0.5f) * 2f;
        var fours = Vector256.MinNative(Vector256.Round(m * 0.25f) * 4f, Vector256.Create(12f));
        var level = Vector256.ConditionalSelect(Vector256.LessThan(m, Vector256.Create(4f)), whole,
            Vector256.ConditionalSelect(Vector256.LessThan(m, Vector256.Create(8f)), even, fours));
        return Vector256.CopySign(level, value);
    }

    /// <summary>The nibble of a level: sign, then the index of its magnitude.</summary>
    public static int Index(float level)
    {
        float m = MathF.Abs(level);
        int index = m <= 4 ? (int)m : m == 6 ? 5 : m == 8 ? 6 : 7;
        return level < 0 ? index | 8 : index;
    }
}
