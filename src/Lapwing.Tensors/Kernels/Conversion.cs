using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <summary>Rows of any element type as float32.</summary>
internal static unsafe class Conversion
{
    public static void ToFloat(VectorKernels kernels, ElementType type, byte* source, float* target, long count)
    {
        switch (type)
        {
            case ElementType.F32:
                Buffer.MemoryCopy(source, target, count * sizeof(float), count * sizeof(float));
                break;
            case ElementType.F16:
                kernels.FromHalf((ushort*)source, target, count);
                break;
            case ElementType.BF16:
                kernels.FromBFloat16((ushort*)source, target, count);
                break;
            default:
                BlockCodec.Dequantise(type, source, target, count);
                break;
        }
    }
}
