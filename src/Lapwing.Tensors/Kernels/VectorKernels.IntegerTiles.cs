using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors;

/// <content>
/// The tiles of the integer product. Their loops are one text for all sources of weights (<see cref="IWeights"/>), put in line by the JIT.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    /// <summary>4 tokens × 3 rows: 12 block sums and 12 row sums fill 24 of 32 registers; 7 loads for 12 multiply-adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integer4x3<TWeights>(in IntegerProblem p, int token, int row)
        where TWeights : struct, IWeights
    {
        short* x0 = p.X + token * p.XStride, x1 = x0 + p.XStride, x2 = x1 + p.XStride, x3 = x2 + p.XStride;
        byte* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride, w2 = w1 + p.WStride;
        float* f0 = p.WFactors + row * p.WGroups, f1 = f0 + p.WGroups, f2 = f1 + p.WGroups;
        float* scaleX = p.XScales + token * p.Blocks, scaleW = p.WScales + row * p.WBlocks;
        nint blocks = p.Blocks, blocksW = p.WBlocks;
        int shift = p.WShift;
        L constant = TWeights.Constant;
        L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero;
        L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero, s12 = LaneMath<L>.Zero;
        L s20 = LaneMath<L>.Zero, s21 = LaneMath<L>.Zero, s22 = LaneMath<L>.Zero;
        L s30 = LaneMath<L>.Zero, s31 = LaneMath<L>.Zero, s32 = LaneMath<L>.Zero;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength)
        {
            L i00 = LaneMath<L>.Zero, i01 = LaneMath<L>.Zero, i02 = LaneMath<L>.Zero;
            L i10 = LaneMath<L>.Zero, i11 = LaneMath<L>.Zero, i12 = LaneMath<L>.Zero;
            L i20 = LaneMath<L>.Zero, i21 = LaneMath<L>.Zero, i22 = LaneMath<L>.Zero;
            L i30 = LaneMath<L>.Zero, i31 = LaneMath<L>.Zero, i32 = LaneMath<L>.Zero;
            for (int step = 0, end = Math.Min(left, QuantisedActivations.BlockLength) / (2 * Width); step < end; step++)
            {
                L v0 = L.Load((float*)x0), v1 = L.Load((float*)x1), v2 = L.Load((float*)x2), v3 = L.Load((float*)x3);
                var u = TWeights.Load(w0, step, f0, shift, constant);
                i00 = L.AddBits(i00, L.MultiplyAddPairs(v0, u));
                i10 = L.AddBits(i10, L.MultiplyAddPairs(v1, u));
                i20 = L.AddBits(i20, L.MultiplyAddPairs(v2, u));
                i30 = L.AddBits(i30, L.MultiplyAddPairs(v3, u));
                u = TWeights.Load(w1, step, f1, shift, constant);
                i01 = L.AddBits(i01, L.MultiplyAddPairs(v0, u));
                i11 = L.AddBits(i11, L.MultiplyAddPairs(v1, u));
                i21 = L.AddBits(i21, L.MultiplyAddPairs(v2, u));
                i31 = L.AddBits(i31, L.MultiplyAddPairs(v3, u));
                u = TWeights.Load(w2, step, f2, shift, constant);
                i02 = L.AddBits(i02, L.MultiplyAddPairs(v0, u));
                i12 = L.AddBits(i12, L.MultiplyAddPairs(v1, u));
                i22 = L.AddBits(i22, L.MultiplyAddPairs(v2, u));
                i32 = L.AddBits(i32, L.MultiplyAddPairs(v3, u));
                x0 += 2 * Width;
                x1 += 2 * Width;
                x2 += 2 * Width;
                x3 += 2 * Width;
                w0 += TWeights.StepBytes;
                w1 += TWeights.StepBytes;
                w2 += TWeights.StepBytes;
                f0 += TWeights.FactorsPerStep;
                f1 += TWeights.FactorsPerStep;
                f2 += TWeights.FactorsPerStep;
            }
            s00 = L.MultiplyAdd(L.ToFloat(i00), L.Create(scaleX[0] * scaleW[0]), s00);
            s01 = L.MultiplyAdd(L.ToFloat(i01), L.Create(scaleX[0] * scaleW[blocksW]), s01);
            s02 = L.MultiplyAdd(L.ToFloat(i02), L.Create(scaleX[0] * scaleW[2 * blocksW]), s02);
            s10 = L.MultiplyAdd(L.ToFloat(i10), L.Create(scaleX[blocks] * scaleW[0]), s10);
            s11 = L.MultiplyAdd(L.ToFloat(i11), L.Create(scaleX[blocks] * scaleW[blocksW]), s11);
            s12 = L.MultiplyAdd(L.ToFloat(i12), L.Create(scaleX[blocks] * scaleW[2 * blocksW]), s12);
            s20 = L.MultiplyAdd(L.ToFloat(i20), L.Create(scaleX[2 * blocks] * scaleW[0]), s20);
            s21 = L.MultiplyAdd(L.ToFloat(i21), L.Create(scaleX[2 * blocks] * scaleW[blocksW]), s21);
            s22 = L.MultiplyAdd(L.ToFloat(i22), L.Create(scaleX[2 * blocks] * scaleW[2 * blocksW]), s22);
            s30 = L.MultiplyAdd(L.ToFloat(i30), L.Create(scaleX[3 * blocks] * scaleW[0]), s30);
            s31 = L.MultiplyAdd(L.ToFloat(i31), L.Create(scaleX[3 * blocks] * scaleW[blocksW]), s31);
            s32 = L.MultiplyAdd(L.ToFloat(i32), L.Create(scaleX[3 * blocks] * scaleW[2 * blocksW]), s32);
            w0 += TWeights.BlockBytes;
            w1 += TWeights.BlockBytes;
            w2 += TWeights.BlockBytes;
            scaleX++;
            scaleW++;
        }
        if (p.WMinima is not null)
        {
            float* m0 = p.WMinima + row * p.WGroups, m1 = m0 + p.WGroups, m2 = m1 + p.WGroups;
            float* q0 = p.XSums + token * p.WGroups, q1 = q0 + p.WGroups, q2 = q1 + p.WGroups, q3 = q2 + p.WGroups;
            for (nint g = 0, end = p.WGroups; g < end; g += Width)
            {
                L u0 = L.Load(m0 + g), u1 = L.Load(m1 + g), u2 = L.Load(m2 + g);
                var v = L.Load(q0 + g);
                s00 = L.MultiplyAdd(v, u0, s00);
                s01 = L.MultiplyAdd(v, u1, s01);
                s02 = L.MultiplyAdd(v, u2, s02);
                v = L.Load(q1 + g);
                s10 = L.MultiplyAdd(v, u0, s10);
                s11 = L.MultiplyAdd(v, u1, s11);
                s12 = L.MultiplyAdd(v, u2, s12);
                v = L.Load(q2 + g);
                s20 = L.MultiplyAdd(v, u0, s20);
                s21 = L.MultiplyAdd(v, u1, s21);
                s22 = L.MultiplyAdd(v, u2, s22);
                v = L.Load(q3 + g);
                s30 = L.MultiplyAdd(v, u0, s30);
                s31 = L.MultiplyAdd(v, u1, s31);
                s32 = L.MultiplyAdd(v, u2, s32);
            }
        }
        float* y = p.Y + token * p.YStride + row;
        Store3(LaneMath<L>.Sum(s00, s01, s02, s02), y);
        Store3(LaneMath<L>.Sum(s10, s11, s12, s12), y + p.YStride);
        Store3(LaneMath<L>.Sum(s20, s21, s22, s22), y + 2 * p.YStride);
        Store3(LaneMath<L>.Sum(s30, s31, s32, s32), y + 3 * p.YStride);
    }

    /// <summary>What 16 registers of half the width hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integer2x2<TWeights>(in IntegerProblem p, int token, int row)
        where TWeights : struct, IWeights
    {
        short* x0 = p.X + token * p.XStride, x1 = x0 + p.XStride;
        byte* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride;
        float* f0 = p.WFactors + row * p.WGroups, f1 = f0 + p.WGroups;
        float* scaleX = p.XScales + token * p.Blocks, scaleW = p.WScales + row * p.WBlocks;
        nint blocks = p.Blocks, blocksW = p.WBlocks;
        int shift = p.WShift;
        L constant = TWeights.Constant;
        L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero;
        L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength)
        {
            L i00 = LaneMath<L>.Zero, i01 = LaneMath<L>.Zero;
            L i10 = LaneMath<L>.Zero, i11 = LaneMath<L>.Zero;
            for (int step = 0, end = Math.Min(left, QuantisedActivations.BlockLength) / (2 * Width); step < end; step++)
            {
                L v0 = L.Load((float*)x0), v1 = L.Load((float*)x1);
                var u = TWeights.Load(w0, step, f0, shift, constant);
                i00 = L.AddBits(i00, L.MultiplyAddPairs(v0, u));
                i10 = L.AddBits(i10, L.MultiplyAddPairs(v1, u));
                u = TWeights.Load(w1, step, f1, shift, constant);
                i01 = L.AddBits(i01, L.MultiplyAddPairs(v0, u));
                i11 = L.AddBits(i11, L.MultiplyAddPairs(v1, u));
                x0 += 2 * Width;
                x1 += 2 * Width;
                w0 += TWeights.StepBytes;
                w1 += TWeights.StepBytes;
                f0 += TWeights.FactorsPerStep;
                f1 += TWeights.FactorsPerStep;
            }
            s00 = L.MultiplyAdd(L.ToFloat(i00), L.Create(scaleX[0] * scaleW[0]), s00);
            s01 = L.MultiplyAdd(L.ToFloat(i01), L.Create(scaleX[0] * scaleW[blocksW]), s01);
            s10 = L.MultiplyAdd(L.ToFloat(i10), L.Create(scaleX[blocks] * scaleW[0]), s10);
            s11 = L.MultiplyAdd(L.ToFloat(i11), L.Create(scaleX[blocks] * scaleW[blocksW]), s11);
            w0 += TWeights.BlockBytes;
            w1 += TWeights.BlockBytes;
            scaleX++;
            scaleW++;
        }
        if (p.WMinima is not null)
        {
            float* m0 = p.WMinima + row * p.WGroups, m1 = m0 + p.WGroups;
            float* q0 = p.XSums + token * p.WGroups, q1 = q0 + p.WGroups;
            for (nint g = 0, end = p.WGroups; g < end; g += Width)
            {
                L u0 = L.Load(m0 + g), u1 = L.Load(m1 + g);
                var v = L.Load(q0 + g);
                s00 = L.MultiplyAdd(v, u0, s00);
                s01 = L.MultiplyAdd(v, u1, s01);
                v = L.Load(q1 + g);
                s10 = L.MultiplyAdd(v, u0, s10);
                s11 = L.MultiplyAdd(v, u1, s11);
            }
        }
        float* y = p.Y + token * p.YStride + row;
        var sums = LaneMath<L>.Sum(s00, s01, s10, s11).AsDouble();
        *(double*)y = sums[0];
        *(double*)(y + p.YStride) = sums[1];
    }

    /// <summary>One token: four rows keep enough additions in flight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integer1x4<TWeights>(in IntegerProblem p, int token, int row)
        where TWeights : struct, IWeights
    {
        short* x0 = p.X + token * p.XStride;
        byte* w0 = p.W + row * p.WStride, w1 = w0 + p.WStride, w2 = w1 + p.WStride, w3 = w2 + p.WStride;
        float* f0 = p.WFactors + row * p.WGroups, f1 = f0 + p.WGroups, f2 = f1 + p.WGroups, f3 = f2 + p.WGroups;
        float* scaleX = p.XScales + token * p.Blocks, scaleW = p.WScales + row * p.WBlocks;
        nint blocks = p.Blocks, blocksW = p.WBlocks;
        int shift = p.WShift;
        L constant = TWeights.Constant;
        L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero, s03 = LaneMath<L>.Zero;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength)
        {
            L i00 = LaneMath<L>.Zero, i01 = LaneMath<L>.Zero, i02 = LaneMath<L>.Zero, i03 = LaneMath<L>.Zero;
            for (int step = 0, end = Math.Min(left, QuantisedActivations.BlockLength) / (2 * Width); step < end; step++)
            {
                L v0 = L.Load((float*)x0);
                var u = TWeights.Load(w0, step, f0, shift, constant);
                i00 = L.AddBits(i00, L.MultiplyAddPairs(v0, u));
                u = TWeights.Load(w1, step, f1, shift, constant);
                i01 = L.AddBits(i01, L.MultiplyAddPairs(v0, u));
                u = TWeights.Load(w2, step, f2, shift, constant);
                i02 = L.AddBits(i02, L.MultiplyAddPairs(v0, u));
                u = TWeights.Load(w3, step, f3, shift, constant);
                i03 = L.AddBits(i03, L.MultiplyAddPairs(v0, u));
                x0 += 2 * Width;
                w0 += TWeights.StepBytes;
                w1 += TWeights.StepBytes;
                w2 += TWeights.StepBytes;
                w3 += TWeights.StepBytes;
                f0 += TWeights.FactorsPerStep;
                f1 += TWeights.FactorsPerStep;
                f2 += TWeights.FactorsPerStep;
                f3 += TWeights.FactorsPerStep;
            }
            s00 = L.MultiplyAdd(L.ToFloat(i00), L.Create(scaleX[0] * scaleW[0]), s00);
            s01 = L.MultiplyAdd(L.ToFloat(i01), L.Create(scaleX[0] * scaleW[blocksW]), s01);
            s02 = L.MultiplyAdd(L.ToFloat(i02), L.Create(scaleX[0] * scaleW[2 * blocksW]), s02);
            s03 = L.MultiplyAdd(L.ToFloat(i03), L.Create(scaleX[0] * scaleW[3 * blocksW]), s03);
            w0 += TWeights.BlockBytes;
            w1 += TWeights.BlockBytes;
            w2 += TWeights.BlockBytes;
            w3 += TWeights.BlockBytes;
            scaleX++;
            scaleW++;
        }
        if (p.WMinima is not null)
        {
            float* m0 = p.WMinima + row * p.WGroups, m1 = m0 + p.WGroups, m2 = m1 + p.WGroups, m3 = m2 + p.WGroups;
            float* q0 = p.XSums + token * p.WGroups;
            for (nint g = 0, end = p.WGroups; g < end; g += Width)
            {
                L v0 = L.Load(q0 + g);
                s00 = L.MultiplyAdd(v0, L.Load(m0 + g), s00);
                s01 = L.MultiplyAdd(v0, L.Load(m1 + g), s01);
                s02 = L.MultiplyAdd(v0, L.Load(m2 + g), s02);
                s03 = L.MultiplyAdd(v0, L.Load(m3 + g), s03);
            }
        }
        float* y = p.Y + token * p.YStride + row;
        LaneMath<L>.Sum(s00, s01, s02, s03).Store(y);
    }

    /// <summary>What is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integer1x1<TWeights>(in IntegerProblem p, int token, int row)
        where TWeights : struct, IWeights
    {
        short* x0 = p.X + token * p.XStride;
        byte* w0 = p.W + row * p.WStride;
        float* f0 = p.WFactors + row * p.WGroups;
        float* scaleX = p.XScales + token * p.Blocks, scaleW = p.WScales + row * p.WBlocks;
        nint blocks = p.Blocks, blocksW = p.WBlocks;
        int shift = p.WShift;
        L constant = TWeights.Constant;
        L s00 = LaneMath<L>.Zero;
        for (int left = p.Columns; left > 0; left -= QuantisedActivations.BlockLength)
        {
            L i00 = LaneMath<L>.Zero;
            for (int step = 0, end = Math.Min(left, QuantisedActivations.BlockLength) / (2 * Width); step < end; step++)
            {
                L v0 = L.Load((float*)x0);
                var u = TWeights.Load(w0, step, f0, shift, constant);
                i00 = L.AddBits(i00, L.MultiplyAddPairs(v0, u));
                x0 += 2 * Width;
                w0 += TWeights.StepBytes;
                f0 += TWeights.FactorsPerStep;
            }
            s00 = L.MultiplyAdd(L.ToFloat(i00), L.Create(scaleX[0] * scaleW[0]), s00);
            w0 += TWeights.BlockBytes;
            scaleX++;
            scaleW++;
        }
        if (p.WMinima is not null)
        {
            float* m0 = p.WMinima + row * p.WGroups;
            float* q0 = p.XSums + token * p.WGroups;
            for (nint g = 0, end = p.WGroups; g < end; g += Width)
            {
                L u0 = L.Load(m0 + g);
                var v = L.Load(q0 + g);
                s00 = L.MultiplyAdd(v, u0, s00);
            }
        }
        float* y = p.Y + token * p.YStride + row;
        *y = LaneMath<L>.Sum(s00);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store3(Vector128<float> sums, float* y)
    {
        *(double*)y = sums.AsDouble().ToScalar();
        y[2] = sums[2];
    }
}
