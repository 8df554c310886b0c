using Lapwing.Tensors;

namespace Lapwing.Formats.Safetensors;

/// <summary>The format's type names and what they are here.</summary>
internal static class SafetensorsTypes
{
    /// <summary>What a type name is as an <see cref="ElementType"/>; null for one that is not read.</summary>
    public static ElementType? Parse(string name) => name switch
    {
        "F64" => ElementType.F64,
        "F32" => ElementType.F32,
        "F16" => ElementType.F16,
        "BF16" => ElementType.BF16,
        "I64" => ElementType.I64,
        "I32" => ElementType.I32,
        "I16" => ElementType.I16,
        // Bytes are bytes: the view's StoredAs tells a reader which of the three it has.
        "I8" or "U8" or "BOOL" => ElementType.I8,
        _ => null,
    };

    /// <summary>Whether the format has the type; its name there is the enumeration's.</summary>
    public static bool Has(ElementType type) => type is ElementType.F64 or ElementType.F32 or ElementType.F16 or ElementType.BF16
        or ElementType.I64 or ElementType.I32 or ElementType.I16 or ElementType.I8;

    /// <summary>Types that the format has and this program does not read (safetensors 0.7, <c>enum Dtype</c>).</summary>
    public static bool IsKnownElsewhere(string name) => name is "U16" or "U32" or "U64" or "C64" or "F4"
        || name.StartsWith("F8_", StringComparison.Ordinal) || name.StartsWith("F6_", StringComparison.Ordinal);
}
