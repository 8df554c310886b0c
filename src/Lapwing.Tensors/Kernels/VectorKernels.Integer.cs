using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <content>
/// Dot products of 16-bit integers. 32 elements are one multiply-add of pairs into sixteen integer lanes, 256 elements their exact sum:
/// 16 products below 2²⁷ a lane (see <see cref="UnpackedValues"/>). That sum, made float, is added with the block's two scales; last come the
/// minima times the activations' group sums. One token and five hundred take the same additions in the same order.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    /// <summary>Where 32 weights come from: as multiples of their row's block scale, in 16 bits.</summary>
    private interface IWeights
    {
        /// <summary>Bytes from 32 weights to the next 32 of a block.</summary>
        static abstract int StepBytes { get; }

        /// <summary>Bytes that a block of 256 takes beyond its steps.</summary>
        static abstract int BlockBytes { get; }

        static abstract int FactorsPerStep { get; }

        /// <summary>A constant that the loop keeps in a register.</summary>
        static abstract L Constant { get; }

        /// <summary>Group <paramref name="step"/> of 32 of its block.</summary>
        static abstract L Load(byte* weights, int step, float* factors, int shift, L constant);
    }

    public override void IntegerDots(in IntegerProblem p)
    {
        switch (p.Packing)
        {
            case ElementType.Q4_0: IntegerDots<PackedQ4_0>(p); break;
            case ElementType.Q4_1: IntegerDots<PackedQ4_1>(p); break;
            case ElementType.Q8_0: IntegerDots<PackedQ8_0>(p); break;
            case ElementType.Q4_K: IntegerDots<PackedQ4_K>(p); break;
            case ElementType.Q5_K: IntegerDots<PackedQ5_K>(p); break;
            default:
                if (p.WFactors is null) IntegerDots<PreparedWeights>(p);
                else if (p.GroupLength == 32) IntegerDots<WeightsOf32>(p);
                else IntegerDots<WeightsOf16>(p);
                break;
        }
    }

    private static void IntegerDots<TWeights>(in IntegerProblem p)
        where TWeights : struct, IWeights
    {
        int tileTokens = L.IsWide ? 4 : 2, tileRows = L.IsWide ? 3 : 2;
        if (p.Tokens >= tileTokens && p.Rows >= tileRows)
        {
            for (int t = 0; t < p.Tokens; t += tileTokens)
            {
                int token = Math.Min(t, p.Tokens - tileTokens);
                for (int r = 0; r < p.Rows; r += tileRows)
                {
                    if (L.IsWide) Integer4x3<TWeights>(p, token, Math.Min(r, p.Rows - tileRows));
                    else Integer2x2<TWeights>(p, token, Math.Min(r, p.Rows - tileRows));
                }
            }
        }
        else if (p.Rows >= 4)
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r += 4)
                {
                    if (t == 0 && p.Ahead is not null) Prefetch(p.Ahead + r * p.AheadStride, 4 * p.AheadStride);
                    Integer1x4<TWeights>(p, t, Math.Min(r, p.Rows - 4));
                }
        }
        else
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r++) Integer1x1<TWeights>(p, t, r);
        }
    }

    /// <summary>
    /// A single token reads each weight once, from memory: without this the first touch of a tile, its scales, waits for memory while the
    /// multipliers stand still, a quarter of the time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* start, nint bytes)
    {
        if (!Sse.IsSupported) return;
        for (nint i = 0; i < bytes; i += 64) Sse.Prefetch1(start + i);
    }

    /// <summary>Unpacked, and multiplied by their factors already.</summary>
    private readonly struct PreparedWeights : IWeights
    {
        public static int StepBytes => 64;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 0;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) => L.Load((float*)weights);
    }

    /// <summary>Unpacked, in groups of 32.</summary>
    private readonly struct WeightsOf32 : IWeights
    {
        public static int StepBytes => 64;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 1;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) =>
            L.MultiplyHighShorts(L.ShiftLeftShorts(L.Load((float*)weights), shift), L.Create(*factors));
    }

    /// <summary>Unpacked, in groups of 16.</summary>
    private readonly struct WeightsOf16 : IWeights
    {
        public static int StepBytes => 64;

        public static int BlockBytes => 0;

        public static int FactorsPerStep => 2;

        public static L Constant => LaneMath<L>.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Load(byte* weights, int step, float* factors, int shift, L constant) =>
            L.MultiplyHighShorts(L.ShiftLeftShorts(L.Load((float*)weights), shift), L.Create(factors[0], factors[1]));
    }
}
