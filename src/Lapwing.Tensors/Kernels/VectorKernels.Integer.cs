using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>
/// Dot products of 16-bit integers. 32 elements are one multiply-add of pairs into sixteen exact integer lanes, made float (exactly: below
/// 2²⁴) and added with their group's scale; 256 elements' sums are then added with the activation block's scale, last the minima times the
/// activations' group sums. One token and five hundred take the same additions in the same order.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    /// <summary>The scales of 32 elements: one group of 32, or two of 16.</summary>
    private interface IGroup
    {
        static abstract int PerStep { get; }

        static abstract L Scale(float* scales);
    }

    public override void IntegerDots(in IntegerProblem p)
    {
        if (p.GroupLength == 32) IntegerDots<GroupOf32>(p);
        else IntegerDots<GroupOf16>(p);
    }

    private static void IntegerDots<TGroup>(in IntegerProblem p)
        where TGroup : struct, IGroup
    {
        if (L.IsWide && p.Tokens >= 4 && p.Rows >= 4)
        {
            for (int t = 0; t < p.Tokens; t += 4)
                for (int r = 0; r < p.Rows; r += 4) Integer4x4<TGroup>(p, Math.Min(t, p.Tokens - 4), Math.Min(r, p.Rows - 4));
        }
        else if (!L.IsWide && p.Tokens >= 2 && p.Rows >= 2)
        {
            for (int t = 0; t < p.Tokens; t += 2)
                for (int r = 0; r < p.Rows; r += 2) Integer2x2<TGroup>(p, Math.Min(t, p.Tokens - 2), Math.Min(r, p.Rows - 2));
        }
        else if (p.Rows >= 4)
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r += 4) Integer1x4<TGroup>(p, t, Math.Min(r, p.Rows - 4));
        }
        else
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r++) Integer1x1<TGroup>(p, t, r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(L value, L factor, float* sum) => L.Store(L.MultiplyAdd(value, factor, L.Load(sum)), sum);

    /// <summary>Adds the minima and reduces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(in IntegerProblem p, int token, int tokens, int row, int rows, float* sums)
    {
        for (int t = 0; t < tokens; t++)
        {
            float* y = p.Y + (token + t) * p.YStride + row;
            for (int r = 0; r < rows; r++, sums += Width)
            {
                var sum = L.Load(sums);
                if (p.WMinima is not null)
                {
                    float* minima = p.WMinima + (row + r) * p.WGroups, groups = p.XSums + (token + t) * p.XGroups;
                    for (int g = 0; g < p.WGroups; g += Width) sum = L.MultiplyAdd(L.Load(minima + g), L.Load(groups + g), sum);
                }
                y[r] = LaneMath<L>.Sum(sum);
            }
        }
    }

    /// <summary>16 of 32 registers hold the sums of one activation block; those of the whole row wait in the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Integer4x4<TGroup>(in IntegerProblem p, int token, int row)
        where TGroup : struct, IGroup
    {
        float* sums = stackalloc float[16 * Width];
        for (int i = 0; i < 16 * Width; i++) sums[i] = 0;
        short* x0 = p.X + token * p.XStride, x1 = x0 + p.XStride, x2 = x1 + p.XStride, x3 = x2 + p.XStride;
        short* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride, w2 = w1 + p.WStride, w3 = w2 + p.WStride;
        float* g0 = p.WScales + row * p.WGroups, g1 = g0 + p.WGroups, g2 = g1 + p.WGroups, g3 = g2 + p.WGroups;
        float* scales = p.XScales + token * p.XBlocks;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength, scales++)
        {
            L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero, s03 = LaneMath<L>.Zero;
            L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero, s12 = LaneMath<L>.Zero, s13 = LaneMath<L>.Zero;
            L s20 = LaneMath<L>.Zero, s21 = LaneMath<L>.Zero, s22 = LaneMath<L>.Zero, s23 = LaneMath<L>.Zero;
            L s30 = LaneMath<L>.Zero, s31 = LaneMath<L>.Zero, s32 = LaneMath<L>.Zero, s33 = LaneMath<L>.Zero;
            for (int step = Math.Min(left, QuantisedActivations.BlockLength); step > 0; step -= 2 * Width)
            {
                L v0 = L.Load((float*)x0), v1 = L.Load((float*)x1), v2 = L.Load((float*)x2), v3 = L.Load((float*)x3);
                L u = L.Load((float*)w0), f = TGroup.Scale(g0);
                s00 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s00);
                s10 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s10);
                s20 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v2, u)), f, s20);
                s30 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v3, u)), f, s30);
                u = L.Load((float*)w1);
                f = TGroup.Scale(g1);
                s01 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s01);
                s11 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s11);
                s21 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v2, u)), f, s21);
                s31 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v3, u)), f, s31);
                u = L.Load((float*)w2);
                f = TGroup.Scale(g2);
                s02 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s02);
                s12 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s12);
                s22 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v2, u)), f, s22);
                s32 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v3, u)), f, s32);
                u = L.Load((float*)w3);
                f = TGroup.Scale(g3);
                s03 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s03);
                s13 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s13);
                s23 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v2, u)), f, s23);
                s33 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v3, u)), f, s33);
                x0 += 2 * Width;
                x1 += 2 * Width;
                x2 += 2 * Width;
                x3 += 2 * Width;
                w0 += 2 * Width;
                w1 += 2 * Width;
                w2 += 2 * Width;
                w3 += 2 * Width;
                g0 += TGroup.PerStep;
                g1 += TGroup.PerStep;
                g2 += TGroup.PerStep;
                g3 += TGroup.PerStep;
            }
            var block = L.Create(scales[0]);
            Accumulate(s00, block, sums);
            Accumulate(s01, block, sums + 1 * Width);
            Accumulate(s02, block, sums + 2 * Width);
            Accumulate(s03, block, sums + 3 * Width);
            block = L.Create(scales[p.XBlocks]);
            Accumulate(s10, block, sums + 4 * Width);
            Accumulate(s11, block, sums + 5 * Width);
            Accumulate(s12, block, sums + 6 * Width);
            Accumulate(s13, block, sums + 7 * Width);
            block = L.Create(scales[2 * p.XBlocks]);
            Accumulate(s20, block, sums + 8 * Width);
            Accumulate(s21, block, sums + 9 * Width);
            Accumulate(s22, block, sums + 10 * Width);
            Accumulate(s23, block, sums + 11 * Width);
            block = L.Create(scales[3 * p.XBlocks]);
            Accumulate(s30, block, sums + 12 * Width);
            Accumulate(s31, block, sums + 13 * Width);
            Accumulate(s32, block, sums + 14 * Width);
            Accumulate(s33, block, sums + 15 * Width);
        }
        Finish(p, token, 4, row, 4, sums);
    }

    /// <summary>What 16 registers of half the width hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Integer2x2<TGroup>(in IntegerProblem p, int token, int row)
        where TGroup : struct, IGroup
    {
        float* sums = stackalloc float[4 * Width];
        for (int i = 0; i < 4 * Width; i++) sums[i] = 0;
        short* x0 = p.X + token * p.XStride, x1 = x0 + p.XStride;
        short* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride;
        float* g0 = p.WScales + row * p.WGroups, g1 = g0 + p.WGroups;
        float* scales = p.XScales + token * p.XBlocks;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength, scales++)
        {
            L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero;
            L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero;
            for (int step = Math.Min(left, QuantisedActivations.BlockLength); step > 0; step -= 2 * Width)
            {
                L v0 = L.Load((float*)x0), v1 = L.Load((float*)x1);
                L u = L.Load((float*)w0), f = TGroup.Scale(g0);
                s00 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s00);
                s10 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s10);
                u = L.Load((float*)w1);
                f = TGroup.Scale(g1);
                s01 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s01);
                s11 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v1, u)), f, s11);
                x0 += 2 * Width;
                x1 += 2 * Width;
                w0 += 2 * Width;
                w1 += 2 * Width;
                g0 += TGroup.PerStep;
                g1 += TGroup.PerStep;
            }
            var block = L.Create(scales[0]);
            Accumulate(s00, block, sums);
            Accumulate(s01, block, sums + 1 * Width);
            block = L.Create(scales[p.XBlocks]);
            Accumulate(s10, block, sums + 2 * Width);
            Accumulate(s11, block, sums + 3 * Width);
        }
        Finish(p, token, 2, row, 2, sums);
    }

    /// <summary>One token: four rows keep enough additions in flight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Integer1x4<TGroup>(in IntegerProblem p, int token, int row)
        where TGroup : struct, IGroup
    {
        float* sums = stackalloc float[4 * Width];
        for (int i = 0; i < 4 * Width; i++) sums[i] = 0;
        short* x0 = p.X + token * p.XStride;
        short* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride, w2 = w1 + p.WStride, w3 = w2 + p.WStride;
        float* g0 = p.WScales + row * p.WGroups, g1 = g0 + p.WGroups, g2 = g1 + p.WGroups, g3 = g2 + p.WGroups;
        float* scales = p.XScales + token * p.XBlocks;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength, scales++)
        {
            L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero, s03 = LaneMath<L>.Zero;
            for (int step = Math.Min(left, QuantisedActivations.BlockLength); step > 0; step -= 2 * Width)
            {
                L v0 = L.Load((float*)x0);
                L u = L.Load((float*)w0), f = TGroup.Scale(g0);
                s00 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s00);
                u = L.Load((float*)w1);
                f = TGroup.Scale(g1);
                s01 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s01);
                u = L.Load((float*)w2);
                f = TGroup.Scale(g2);
                s02 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s02);
                u = L.Load((float*)w3);
                f = TGroup.Scale(g3);
                s03 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s03);
                x0 += 2 * Width;
                w0 += 2 * Width;
                w1 += 2 * Width;
                w2 += 2 * Width;
                w3 += 2 * Width;
                g0 += TGroup.PerStep;
                g1 += TGroup.PerStep;
                g2 += TGroup.PerStep;
                g3 += TGroup.PerStep;
            }
            var block = L.Create(scales[0]);
            Accumulate(s00, block, sums);
            Accumulate(s01, block, sums + 1 * Width);
            Accumulate(s02, block, sums + 2 * Width);
            Accumulate(s03, block, sums + 3 * Width);
        }
        Finish(p, token, 1, row, 4, sums);
    }

    /// <summary>What is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Integer1x1<TGroup>(in IntegerProblem p, int token, int row)
        where TGroup : struct, IGroup
    {
        float* sums = stackalloc float[1 * Width];
        for (int i = 0; i < 1 * Width; i++) sums[i] = 0;
        short* x0 = p.X + token * p.XStride;
        short* w0 = p.W + row * p.WStride;
        float* g0 = p.WScales + row * p.WGroups;
        float* scales = p.XScales + token * p.XBlocks;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength, scales++)
        {
            L s00 = LaneMath<L>.Zero;
            for (int step = Math.Min(left, QuantisedActivations.BlockLength); step > 0; step -= 2 * Width)
            {
                L v0 = L.Load((float*)x0);
                L u = L.Load((float*)w0), f = TGroup.Scale(g0);
                s00 = L.MultiplyAdd(L.ToFloat(L.MultiplyAddPairs(v0, u)), f, s00);
                x0 += 2 * Width;
                w0 += 2 * Width;
                g0 += TGroup.PerStep;
            }
            var block = L.Create(scales[0]);
            Accumulate(s00, block, sums);
        }
        Finish(p, token, 1, row, 1, sums);
    }

    private readonly struct GroupOf32 : IGroup
    {
        public static int PerStep => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Scale(float* scales) => L.Create(*scales);
    }

    private readonly struct GroupOf16 : IGroup
    {
        public static int PerStep => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Scale(float* scales) => L.Create(scales[0], scales[1]);
    }
}
