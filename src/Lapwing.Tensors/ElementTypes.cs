using System.Diagnostics.CodeAnalysis;

namespace Lapwing.Tensors;

/// <summary>Sizes and names of <see cref="ElementType"/>s.</summary>
public static class ElementTypes
{
    /// <summary>Elements in one block: 1 for plain types.</summary>
    /// <exception cref="NotSupportedException">The number is no type that this program knows.</exception>
    public static int BlockLength(this ElementType type) => Layout(type).Length;

    /// <summary>Bytes of one block: the element's own size for plain types.</summary>
    /// <exception cref="NotSupportedException">The number is no type that this program knows.</exception>
    public static int BlockBytes(this ElementType type) => Layout(type).Bytes;

    /// <summary>Whether this program knows the type.</summary>
    public static bool IsKnown(this ElementType type) => Find(type).Bytes != 0;

    /// <summary>Whether elements are stored in blocks with shared scales.</summary>
    public static bool IsQuantised(this ElementType type) => Layout(type).Length > 1;

    /// <summary>Bytes of a row of <paramref name="count"/> elements.</summary>
    /// <exception cref="ArgumentException">The row is no whole number of blocks.</exception>
    /// <exception cref="OverflowException">The size does not fit 63 bits.</exception>
    public static long RowBytes(this ElementType type, long count)
    {
        var (length, bytes) = Layout(type);
        if (count < 0 || count % length != 0)
            throw new ArgumentException($"a row of {count} elements is not a whole number of {type} blocks of {length}", nameof(count));
        return checked(count / length * bytes);
    }

    /// <summary>The type of that name (<c>Q4_K</c>, <c>f16</c>), ignoring case.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out ElementType? type)
    {
        type = Enum.TryParse(name, ignoreCase: true, out ElementType found) && !char.IsAsciiDigit(name[0]) && found.IsKnown() ? found : null;
        return type is not null;
    }

    private static (int Length, int Bytes) Layout(ElementType type)
    {
        var layout = Find(type);
        return layout.Bytes != 0 ? layout : throw new NotSupportedException($"element type {(int)type} is not known to this version");
    }

    private static (int Length, int Bytes) Find(ElementType type) => type switch
    {
        ElementType.F32 or ElementType.I32 => (1, 4),
        ElementType.F16 or ElementType.BF16 or ElementType.I16 => (1, 2),
        ElementType.F64 or ElementType.I64 => (1, 8),
        ElementType.I8 => (1, 1),
        ElementType.Q4_0 => (32, 2 + 16),
        ElementType.Q4_1 => (32, 4 + 16),
        ElementType.Q5_0 => (32, 2 + 4 + 16),
        ElementType.Q5_1 => (32, 4 + 4 + 16),
        ElementType.Q8_0 => (32, 2 + 32),
        ElementType.Q8_1 => (32, 4 + 32),
        ElementType.Q2_K => (256, 16 + 64 + 4),
        ElementType.Q3_K => (256, 32 + 64 + 12 + 2),
        ElementType.Q4_K => (256, 4 + 12 + 128),
        ElementType.Q5_K => (256, 4 + 12 + 32 + 128),
        ElementType.Q6_K => (256, 128 + 64 + 16 + 2),
        ElementType.Q8_K => (256, 4 + 256 + 32),
        ElementType.IQ2_XXS => (256, 2 + 64),
        ElementType.IQ2_XS => (256, 2 + 64 + 8),
        ElementType.IQ3_XXS => (256, 2 + 96),
        ElementType.IQ1_S => (256, 2 + 32 + 16),
        ElementType.IQ4_NL => (32, 2 + 16),
        ElementType.IQ3_S => (256, 2 + 64 + 8 + 32 + 4),
        ElementType.IQ2_S => (256, 2 + 64 + 8 + 8),
        ElementType.IQ4_XS => (256, 2 + 2 + 4 + 128),
        ElementType.IQ1_M => (256, 32 + 16 + 8),
        ElementType.TQ1_0 => (256, 48 + 4 + 2),
        ElementType.TQ2_0 => (256, 64 + 2),
        ElementType.MXFP4 => (32, 1 + 16),
        ElementType.NVFP4 => (64, 4 + 32),
        _ => default,
    };
}
