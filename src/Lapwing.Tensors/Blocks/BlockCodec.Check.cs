using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

public static unsafe partial class BlockCodec
{
    /// <summary>
    /// The index of the first block (for plain types: the first element) whose scale or minimum is NaN or infinite, or −1: such a block makes
    /// all its elements useless, and is what a truncated or damaged file looks like. Integers are always finite.
    /// </summary>
    /// <param name="type">Any known type.</param>
    /// <param name="source">The row.</param>
    /// <param name="count">Elements: whole blocks.</param>
    /// <exception cref="ArgumentException">The count is no whole number of blocks.</exception>
    /// <exception cref="NotSupportedException">The type is not known.</exception>
    public static long FindNonFinite(ElementType type, byte* source, long count)
    {
        type.RowBytes(count);
        long blocks = count / type.BlockLength();
        int bytes = type.BlockBytes();
        switch (type)
        {
            case ElementType.F32:
            case ElementType.F16:
            case ElementType.BF16:
                return FindPlain(source, blocks, bytes, type == ElementType.F16 ? 0x7c00u : 0x7f80u);
            case ElementType.F64:
                return FindFirst(source, blocks, bytes, &IsBadDouble);
            case ElementType.Q8_K:
                return FindFirst(source, blocks, bytes, &IsBadSingle);
            case ElementType.MXFP4:
                return FindFirst(source, blocks, bytes, &IsBadExponent);
            case ElementType.IQ1_M:
                return FindFirst(source, blocks, bytes, &IsBadSpreadHalf);
            case ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64 or ElementType.NVFP4:
                return -1;
            default:
                int offset = HalfOffset(type);
                bool second = HasMinima(type) || type == ElementType.Q8_1;
                for (long b = 0; b < blocks; b++, source += bytes)
                    if (IsBadHalf(*(ushort*)(source + offset)) || (second && IsBadHalf(*(ushort*)(source + offset + 2)))) return b;
                return -1;
        }
    }

    // Where a block keeps its half (a second one follows in types with minima).
    private static int HalfOffset(ElementType type) => type switch
    {
        ElementType.Q2_K => 80,
        ElementType.Q3_K => 108,
        ElementType.Q6_K => 208,
        ElementType.TQ1_0 => 52,
        ElementType.TQ2_0 => 64,
        _ => 0,
    };

    private static long FindFirst(byte* source, long blocks, int bytes, delegate*<byte*, bool> isBad)
    {
        for (long b = 0; b < blocks; b++, source += bytes)
            if (isBad(source)) return b;
        return -1;
    }

    // The upper 16 bits of an element hold its exponent in all three types; the whole exponent set means NaN or infinity.
    private static long FindPlain(byte* source, long count, int bytes, uint exponent)
    {
        long i = 0, lanes = 32 / bytes;
        var mask = bytes == 4 ? Vector256.Create(exponent << 16).AsUInt16() : Vector256.Create((ushort)exponent);
        for (; i <= count - lanes; i += lanes)
        {
            var bits = Vector256.Load((ushort*)(source + i * bytes)) & mask;
            if (bytes == 4 ? Vector256.EqualsAny(bits.AsUInt32(), mask.AsUInt32()) : Vector256.EqualsAny(bits, mask)) break;
        }

        for (; i < count; i++)
            if ((*(ushort*)(source + i * bytes + bytes - 2) & exponent) == exponent) return i;
        return -1;
    }

    private static bool IsBadHalf(ushort bits) => (bits & 0x7c00) == 0x7c00;

    private static bool IsBadSingle(byte* block) => !float.IsFinite(*(float*)block);

    private static bool IsBadDouble(byte* block) => !double.IsFinite(*(double*)block);

    // OCP MX: an exponent of all ones is NaN.
    private static bool IsBadExponent(byte* block) => *block == 0xff;

    private static bool IsBadSpreadHalf(byte* block) => IsBadHalf(IQ1_M.Scale(block));
}
