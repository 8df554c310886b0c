using System.Runtime.CompilerServices;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors;

/// <content>
/// For one token a weight is used once, so the commonest formats of simple layout go from the file's bytes to the multiplier without a stop in memory. The
/// integers are those of <see cref="BlockCodec.Unpack"/> times <see cref="UnpackedValues"/>' power of two: the bits of the result do not change.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    public override bool TakesPacked(ElementType type) =>
        type is ElementType.Q4_0 or ElementType.Q4_1 or ElementType.Q8_0 or ElementType.Q4_K or ElementType.Q5_K;

    public override void UnpackScales(ElementType type, byte* rows, nint stride, int height, int columns, float* scales, float* minima, int groups)
    {
        int bytes = type.BlockBytes();
        switch (type)
        {
            case ElementType.Q4_0:
            case ElementType.Q4_1:
            case ElementType.Q8_0:
                GatherHeads(rows, stride, height, bytes, columns / 32, (uint*)scales, groups);
                if (type == ElementType.Q4_1) SplitHeads(scales, minima, (long)height * groups);
                else WidenHeads(scales, (long)height * groups);
                break;
            default:
                for (int r = 0; r < height; r++, scales += groups, minima += groups)
                {
                    for (int b = 0; b < columns / 256; b++) Q4_K.UnpackScales(rows + r * stride + b * bytes, scales + 8 * b, minima + 8 * b);
                    for (int g = columns / 32; g < groups; g++) scales[g] = minima[g] = 0;
                }
                break;
        }
    }

    /// <summary>
    /// The first four bytes of every block. All rows before anything reads them back: a vector load of words just stored one by one waits
    /// until they have left the store queue.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherHeads(byte* rows, nint stride, int height, int bytes, int used, uint* heads, int groups)
    {
        for (int r = 0; r < height; r++, rows += stride, heads += groups)
        {
            L.Store(LaneMath<L>.Zero, (float*)heads + groups - Width); // what lies beyond the last group; the rest is overwritten
            byte* block = rows;
            for (int g = 0; g < used; g++, block += bytes) heads[g] = *(uint*)block;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenHeads(float* heads, long count)
    {
        for (long g = 0; g < count; g += Width) L.Store(LaneHalves<L>.FromHalf(LowerHalf(L.Load(heads + g))), heads + g);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SplitHeads(float* heads, float* minima, long count)
    {
        for (long g = 0; g < count; g += Width)
        {
            var both = L.Load(heads + g);
            L.Store(LaneHalves<L>.FromHalf(LowerHalf(both)), heads + g);
            L.Store(LaneHalves<L>.FromHalf(L.ShiftRightSignedBits(both, 16)), minima + g);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L LowerHalf(L bits) => L.ShiftRightSignedBits(L.ShiftLeftBits(bits, 16), 16);

    /// <summary>Nibbles at bits 10 … 13, less 8 there.</summary>
    private readonly struct PackedQ4_0 : IWeights
    {
        public static int StepBytes => 18;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 1;

        public static L Constant => L.NibbleShifts(10);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) =>
            L.MultiplyHighShorts(L.SubtractShorts(L.LoadNibbles(weights + 2, constant) & L.CreateBits(0x3c003c00), L.CreateBits(0x20002000)), L.Create(*factors));
    }

    /// <summary>Nibbles at bits 9 … 12.</summary>
    private readonly struct PackedQ4_1 : IWeights
    {
        public static int StepBytes => 20;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 1;

        public static L Constant => L.NibbleShifts(9);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) =>
            L.MultiplyHighShorts(L.LoadNibbles(weights + 4, constant) & L.CreateBits(0x1e001e00), L.Create(*factors));
    }

    /// <summary>Signed bytes.</summary>
    private readonly struct PackedQ8_0 : IWeights
    {
        public static int StepBytes => 34;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 1;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) =>
            L.MultiplyHighShorts(L.ShiftLeftShorts(L.LoadSignedBytes(weights + 2), 6), L.Create(*factors));
    }

    /// <summary>Each 32 bytes hold a group in their lower nibbles, the next in their upper.</summary>
    private readonly struct PackedQ4_K : IWeights
    {
        public static int StepBytes => 0;

        public static int BlockBytes => 144;

        public static int FactorsPerStep => 1;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant)
        {
            var nibbles = L.ShiftLeftShorts(L.LoadBytes(weights + 16 + (step >> 1) * 32), 9 - (step & 1) * 4) & L.CreateBits(0x1e001e00);
            return L.MultiplyHighShorts(nibbles, L.Create(*factors));
        }
    }

    /// <summary>Q4_K's nibbles at bits 8 … 11, the fifth bit from its own 32 bytes.</summary>
    private readonly struct PackedQ5_K : IWeights
    {
        public static int StepBytes => 0;

        public static int BlockBytes => 176;

        public static int FactorsPerStep => 1;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant)
        {
            var nibbles = L.ShiftLeftShorts(L.LoadBytes(weights + 48 + (step >> 1) * 32), 8 - (step & 1) * 4) & L.CreateBits(0x0f000f00);
            var fifth = L.ShiftLeftShorts(L.LoadBytes(weights + 16), 12 - step) & L.CreateBits(0x10001000);
            return L.MultiplyHighShorts(nibbles | fifth, L.Create(*factors));
        }
    }
}
