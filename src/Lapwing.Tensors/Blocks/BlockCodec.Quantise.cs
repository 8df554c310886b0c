using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

public static unsafe partial class BlockCodec
{
    // The longest block.
    private const int MaxBlock = 256;

    /// <summary>Whether <see cref="Quantise"/> writes the type.</summary>
    public static bool CanQuantise(ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16
        || (CanUnpack(type) && type is not (ElementType.IQ1_S or ElementType.IQ1_M or ElementType.IQ2_XXS or ElementType.IQ2_XS
            or ElementType.IQ2_S or ElementType.IQ3_XXS or ElementType.IQ3_S or ElementType.NVFP4));

    /// <summary>
    /// A row of <paramref name="count"/> float32 elements as <paramref name="type"/>, with the least squared error (times
    /// <paramref name="importance"/>, where given) that a wide search for each block's scales finds. Deterministic: the same bytes on every
    /// machine.
    /// </summary>
    /// <param name="type">A type for which <see cref="CanQuantise"/>.</param>
    /// <param name="source">[count]; a half beyond ±65504 (the largest scale that halves hold) is too large for most blocks.</param>
    /// <param name="destination">The row's blocks.</param>
    /// <param name="count">Elements: whole blocks.</param>
    /// <param name="importance">[count] non-negative weights of the squared error, or null: all 1. Plain types ignore it.</param>
    /// <exception cref="ArgumentException">
    /// The count is no whole number of blocks; an element is NaN, infinite or too large for the type; an importance is negative or not finite.
    /// </exception>
    /// <exception cref="NotSupportedException">The type can be read but not written.</exception>
    public static void Quantise(ElementType type, float* source, byte* destination, long count, float* importance = null)
    {
        type.RowBytes(count);
        if (!CanQuantise(type))
            throw new NotSupportedException($"{type} can be read but not written; choose another type, such as Q4_K, IQ4_XS or Q8_0");
        CheckRange(type, source, count);
        switch (type)
        {
            case ElementType.F32: Buffer.MemoryCopy(source, destination, count * 4, count * 4); break;
            case ElementType.F16: HalfFloat.Narrow(source, (ushort*)destination, count); break;
            case ElementType.BF16: BrainFloat.Narrow(source, (ushort*)destination, count); break;
            default:
                CheckImportance(importance, count);
                QuantiseBlocks(type, source, destination, count, importance);
                break;
        }
    }

    [SkipLocalsInit]
    private static void QuantiseBlocks(ElementType type, float* source, byte* destination, long count, float* importance)
    {
        float* weights = stackalloc float[MaxBlock];
        int length = type.BlockLength(), bytes = type.BlockBytes();
        for (; count > 0; count -= length, source += length, destination += bytes)
        {
            SetWeights(importance, length, weights);
            QuantiseBlock(type, source, weights, destination);
            if (importance is not null) importance += length;
        }
    }

    private static void QuantiseBlock(ElementType type, float* x, float* w, byte* block)
    {
        switch (type)
        {
            case ElementType.Q4_0: Q4_0.Quantise(x, w, block); break;
            case ElementType.Q4_1: Q4_1.Quantise(x, w, block); break;
            case ElementType.Q5_0: Q5_0.Quantise(x, w, block); break;
            case ElementType.Q5_1: Q5_1.Quantise(x, w, block); break;
            case ElementType.Q8_0: Q8_0.Quantise(x, w, block); break;
            case ElementType.Q8_1: Q8_1.Quantise(x, w, block); break;
            case ElementType.Q2_K: Q2_K.Quantise(x, w, block); break;
            case ElementType.Q3_K: Q3_K.Quantise(x, w, block); break;
            case ElementType.Q4_K: Q4_K.Quantise(x, w, block); break;
            case ElementType.Q5_K: Q5_K.Quantise(x, w, block); break;
            case ElementType.Q6_K: Q6_K.Quantise(x, w, block); break;
            case ElementType.Q8_K: Q8_K.Quantise(x, w, block); break;
            case ElementType.IQ4_NL: IQ4_NL.Quantise(x, w, block); break;
            case ElementType.IQ4_XS: IQ4_XS.Quantise(x, w, block); break;
            case ElementType.TQ1_0: TQ1_0.Quantise(x, w, block); break;
            case ElementType.TQ2_0: TQ2_0.Quantise(x, w, block); break;
            case ElementType.MXFP4: MXFP4.Quantise(x, w, block); break;
            default: throw new NotSupportedException($"{type} can be read but not written");
        }
    }

    // Only ratios matter: the largest weight of a block becomes 1, so that sums of squares neither overflow nor vanish. A block without any
    // weight is quantised as if all were equal.
    private static void SetWeights(float* importance, int length, float* weights)
    {
        float largest = 0;
        for (int i = 0; i < length && importance is not null; i++) largest = MathF.Max(largest, importance[i]);
        for (int i = 0; i < length; i++) weights[i] = largest > 0 ? importance[i] / largest : 1;
    }

    private static void CheckRange(ElementType type, float* source, long count)
    {
        float limit = type switch
        {
            ElementType.F32 or ElementType.Q8_K or ElementType.MXFP4 => float.MaxValue,
            ElementType.BF16 => 3.3895314e38f,
            _ => 65504,
        };
        var limits = Vector256.Create(limit);
        long i = 0;
        // A comparison with NaN is false.
        while (i <= count - 8 && Vector256.LessThanOrEqualAll(Vector256.Abs(Vector256.Load(source + i)), limits)) i += 8;
        for (; i < count; i++)
        {
            if (MathF.Abs(source[i]) <= limit) continue;
            throw new ArgumentException(float.IsFinite(source[i])
                ? $"element {i} is {source[i]}: {type} holds no more than ±{limit}"
                : $"element {i} is {source[i]}: only finite numbers can be written as {type}", nameof(source));
        }
    }

    private static void CheckImportance(float* importance, long count)
    {
        for (long i = 0; i < count && importance is not null; i++)
            if (!(importance[i] >= 0) || !float.IsFinite(importance[i]))
                throw new ArgumentException($"importance {i} is {importance[i]}: it must be finite and not negative", nameof(importance));
    }
}
