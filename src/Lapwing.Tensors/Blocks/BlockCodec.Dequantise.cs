using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors.Blocks;

public static unsafe partial class BlockCodec
{
    // One super-block: the detour through 16-bit integers stays in the first-level cache and costs a few cycles per 32 elements.
    private const int Chunk = 256;

    /// <summary>A row of <paramref name="count"/> elements as float32: ggml's numbers, bit for bit.</summary>
    /// <param name="type">Any known type.</param>
    /// <param name="source">The row.</param>
    /// <param name="destination">[count].</param>
    /// <param name="count">Elements: whole blocks.</param>
    /// <exception cref="ArgumentException">The count is no whole number of blocks.</exception>
    /// <exception cref="NotSupportedException">The type is not known.</exception>
    public static void Dequantise(ElementType type, byte* source, float* destination, long count)
    {
        type.RowBytes(count);
        switch (type)
        {
            case ElementType.F32: Buffer.MemoryCopy(source, destination, count * 4, count * 4); break;
            case ElementType.F16: HalfFloat.Widen((ushort*)source, destination, count); break;
            case ElementType.BF16: BrainFloat.Widen((ushort*)source, destination, count); break;
            case ElementType.F64: for (long i = 0; i < count; i++) destination[i] = (float)((double*)source)[i]; break;
            case ElementType.I8: for (long i = 0; i < count; i++) destination[i] = ((sbyte*)source)[i]; break;
            case ElementType.I16: for (long i = 0; i < count; i++) destination[i] = ((short*)source)[i]; break;
            case ElementType.I32: for (long i = 0; i < count; i++) destination[i] = ((int*)source)[i]; break;
            case ElementType.I64: for (long i = 0; i < count; i++) destination[i] = ((long*)source)[i]; break;
            default: DequantiseBlocks(type, source, destination, count); break;
        }
    }

    // Every reference formula is (integer · scale) + minimum with the scale rounded beforehand: the unpacked form gives the same bits.
    [SkipLocalsInit]
    private static void DequantiseBlocks(ElementType type, byte* source, float* destination, long count)
    {
        short* values = stackalloc short[Chunk];
        float* scales = stackalloc float[Chunk / 16];
        float* minima = stackalloc float[Chunk / 16];
        int shift = GroupLength(type) == 16 ? 4 : 5;
        bool offset = HasMinima(type);
        long bytes = Chunk / type.BlockLength() * type.BlockBytes();
        for (; count > 0; count -= Chunk, source += bytes, destination += Chunk)
        {
            int length = (int)Math.Min(count, Chunk);
            Unpack(type, source, length, values, scales, minima);
            if (offset) Expand(values, scales, minima, shift, length, destination);
            else Expand(values, scales, shift, length, destination);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand(short* values, float* scales, int shift, int count, float* destination)
    {
        for (int k = 0; k < count; k += 16) Lanes.Expand(values + k, Vector256.Create(scales[k >> shift]), destination + k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand(short* values, float* scales, float* minima, int shift, int count, float* destination)
    {
        for (int k = 0; k < count; k += 16)
        {
            int g = k >> shift;
            Lanes.Expand(values + k, Vector256.Create(scales[g]), Vector256.Create(minima[g]), destination + k);
        }
    }
}
