using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>Activations to 16-bit integers.</content>
internal sealed unsafe partial class VectorKernels<L>
{
    // 2·255·32767 < 2²⁴: a pair of products with unpacked weights is an integer that float32 holds exactly.
    private const float Largest = 32767;

    // A block below 2⁻¹⁰⁰ throughout is taken for zero: its inverse scale would leave float32.
    private const int SmallestBits = 27 << 23, Infinite = 0x7f800000;

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void Quantise(float* x, int columns, short* values, float* scales, float* sums16, float* sums32)
    {
        float* lanes = stackalloc float[Width];
        for (int start = 0; start < columns; start += QuantisedActivations.BlockLength, x += QuantisedActivations.BlockLength)
        {
            int length = Math.Min(QuantisedActivations.BlockLength, columns - start);
            // Magnitudes compare like their bits, and NaN is above infinity.
            var magnitude = LaneMath<L>.Zero;
            for (int i = 0; i < length; i += Width) magnitude = L.MaxBits(magnitude, LoadUpTo(x + i, length - i, lanes) & L.CreateBits(int.MaxValue));
            L.Store(magnitude, lanes);
            int bits = 0;
            for (int i = 0; i < Width; i++) bits = Math.Max(bits, BitConverter.SingleToInt32Bits(lanes[i]));

            float max = BitConverter.Int32BitsToSingle(bits);
            float scale = bits < SmallestBits ? 0 : bits < Infinite ? max / Largest : float.NaN;
            var inverse = L.Create(bits is >= SmallestBits and < Infinite ? Largest / max : 0);
            *scales++ = scale;
            var magic = L.Create(12582912f); // 1.5·2²³: adding it rounds to the nearest integer, ties to even
            for (int i = 0; i < length; i += 2 * Width)
            {
                int total = 0;
                for (int half = 0; half < 2; half++, values += Width)
                {
                    var q = L.SubtractBits(L.MultiplyAdd(LoadUpTo(x + i + half * Width, length - i - half * Width, lanes), inverse, magic), magic);
                    L.StoreShorts(q, (ushort*)values);
                    // Sums of integers below 2²⁴ are exact in any order.
                    int sum = (int)LaneMath<L>.Sum(L.ToFloat(q));
                    *sums16++ = sum * scale;
                    total += sum;
                }
                *sums32++ = total * scale;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LoadUpTo(float* source, int count, float* buffer) =>
        count >= Width ? L.Load(source) : count > 0 ? LaneMath<L>.LoadPart(source, count, buffer) : LaneMath<L>.Zero;
}
