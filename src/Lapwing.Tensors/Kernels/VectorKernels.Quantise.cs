using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors;

/// <content>Activations and unpacked weights to 16-bit integers with one scale for 256.</content>
internal sealed unsafe partial class VectorKernels<L>
{
    // 16383 · 8192 · 16 < 2³¹: a lane's part of a block's sum stays within 32 bits.
    private const float Largest = 16383, LargestByte = 127;

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void QuantiseGroups(float* x, int columns, int group, in QuantisedGroups main, float coarse, in QuantisedGroups rest)
    {
        float* lanes = stackalloc float[Width];
        short* shorts = (short*)lanes;
        L magic = L.Create(12582912f), sign = L.CreateBits(int.MaxValue);
        sbyte* values = main.Values, small = rest.Values;
        for (int g = 0; g * group < columns; g++, x += group, values += group, small += group)
        {
            var magnitude = L.Load(x) & sign;
            if (group > Width) magnitude = L.MaxBits(magnitude, L.Load(x + Width) & sign);
            L.Store(L.MaxOfAll(magnitude), lanes);
            float max = lanes[0];
            int bits = BitConverter.SingleToInt32Bits(max);
            float scale = bits < SmallestBits ? 0 : bits < Infinite ? max / LargestByte : float.NaN;
            var inverse = L.Create(bits is >= SmallestBits and < Infinite ? LargestByte / max : 0);
            bool fine = max > coarse && bits is >= SmallestBits and < Infinite;
            L back = L.Create(-scale), finer = L.Create(fine ? 2 * LargestByte / scale : 0);
            int sum = 0, smallSum = 0;
            for (int i = 0; i < group; i += Width)
            {
                // An infinity times 0 is a NaN, whose bits are nothing to count with: the scale tells of it.
                var q = bits < Infinite ? L.SubtractBits(L.MultiplyAdd(L.Load(x + i), inverse, magic), magic) : LaneMath<L>.Zero;
                sum += (int)LaneMath<L>.Sum(L.ToFloat(q));
                L.StoreShorts(q, (ushort*)shorts);
                Vector128.Narrow(Vector128.Load(shorts), Vector128.Load(shorts + 8)).Store(values + i);
                if (!fine) continue;
                var left = L.MultiplyAdd(L.ToFloat(q), back, L.Load(x + i));
                q = L.SubtractBits(L.MultiplyAdd(left, finer, magic), magic);
                smallSum += (int)LaneMath<L>.Sum(L.ToFloat(q));
                L.StoreShorts(q, (ushort*)shorts);
                Vector128.Narrow(Vector128.Load(shorts), Vector128.Load(shorts + 8)).Store(small + i);
            }
            main.Scales[g] = scale;
            main.Sums[g] = sum;
            rest.Scales[g] = fine ? scale / (2 * LargestByte) : 0;
            rest.Sums[g] = smallSum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LoadUpTo(float* source, int count, float* buffer) =>
        count >= Width ? L.Load(source) : count > 0 ? LaneMath<L>.LoadPart(source, count, buffer) : LaneMath<L>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void PrepareScales(float* scales, int count, int groupLength, int shift, float* blockScales)
    {
        float* lanes = stackalloc float[Width];
        bool one = groupLength == 16; // sixteen groups are one block, else two
        float step = 32768f / 32767 / (1 << shift);
        L magic = L.Create(12582912f), word = L.CreateBits(0xffff), smallest = L.CreateBits(SmallestBits), largest = L.CreateBits(Infinite - 1);
        for (int g = 0; g < count; g += Width, scales += Width)
        {
            var scale = L.Load(scales);
            var magnitude = scale & L.CreateBits(int.MaxValue);
            var max = one ? L.MaxOfAll(magnitude) : L.MaxOfHalves(magnitude);
            var none = L.GreaterThanBits(smallest, max);
            var special = L.GreaterThanBits(max, largest);
            var inverse = L.Select(none | special, LaneMath<L>.Zero, L.Create(32767f) / max);
            var factor = L.SubtractBits(L.MultiplyAdd(scale, inverse, magic), magic) & word;
            L.Store(factor | L.ShiftLeftBits(factor, 16), scales);
            L.Store(L.Select(none, LaneMath<L>.Zero, L.Select(special, L.Create(float.NaN), max * L.Create(step))), lanes);
            *blockScales++ = lanes[0];
            if (!one) *blockScales++ = lanes[Width / 2];
        }
    }

    public override void PrepareWeights(short* values, int columns, int groupLength, int shift, float* factors)
    {
        if (groupLength == 32) PrepareWeights<WeightsOf32>(values, columns, shift, factors);
        else PrepareWeights<WeightsOf16>(values, columns, shift, factors);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PrepareWeights<TWeights>(short* values, int columns, int shift, float* factors)
        where TWeights : struct, IWeights
    {
        for (short* end = values + columns; values < end; values += 2 * Width, factors += TWeights.FactorsPerStep)
            L.Store(TWeights.Load((byte*)values, 0, factors, shift, LaneMath<L>.Zero), (float*)values);
    }
}
