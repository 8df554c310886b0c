using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>
/// Outer-product-shaped tile for the gradients: sums stay in registers over all steps, each step one broadcast times a row of the panel.
/// A result's additions are sequential in k, so it does not matter where a driver cuts rows or columns.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    public override void Outer(float* a, nint aRow, nint aStep, float* panel, int steps, float* c, nint cStride, bool apart)
    {
        if (L.IsWide) Outer12(a, aRow, aStep, panel, steps, c, cStride, apart);
        else for (int m = 0; m < 12; m += 3) Outer3(a + m * aRow, aRow, aStep, panel, steps, c + m * cStride, cStride, apart);
    }

    /// <summary>12 rows × 32 columns: 24 of 32 registers hold sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer12(float* a, nint aRow, nint aStep, float* panel, int steps, float* c, nint cStride, bool apart)
    {
        float* zeros = stackalloc float[2 * Width];
        float* start = apart ? zeros : c;
        nint stride = apart ? 0 : cStride;
        L s0a = L.Load(start), s0b = L.Load(start + Width);
        L s1a = L.Load(start + stride), s1b = L.Load(start + stride + Width);
        L s2a = L.Load(start + 2 * stride), s2b = L.Load(start + 2 * stride + Width);
        L s3a = L.Load(start + 3 * stride), s3b = L.Load(start + 3 * stride + Width);
        L s4a = L.Load(start + 4 * stride), s4b = L.Load(start + 4 * stride + Width);
        L s5a = L.Load(start + 5 * stride), s5b = L.Load(start + 5 * stride + Width);
        L s6a = L.Load(start + 6 * stride), s6b = L.Load(start + 6 * stride + Width);
        L s7a = L.Load(start + 7 * stride), s7b = L.Load(start + 7 * stride + Width);
        L s8a = L.Load(start + 8 * stride), s8b = L.Load(start + 8 * stride + Width);
        L s9a = L.Load(start + 9 * stride), s9b = L.Load(start + 9 * stride + Width);
        L s10a = L.Load(start + 10 * stride), s10b = L.Load(start + 10 * stride + Width);
        L s11a = L.Load(start + 11 * stride), s11b = L.Load(start + 11 * stride + Width);
        nint aRow2 = 2 * aRow, aRow3 = 3 * aRow;
        float* a0 = a, a1 = a0 + 4 * aRow, a2 = a1 + 4 * aRow;
        for (; steps > 0; steps--)
        {
            L b0 = L.Load(panel), b1 = L.Load(panel + Width);
            var f = L.Create(*a0);
            s0a = L.MultiplyAdd(f, b0, s0a);
            s0b = L.MultiplyAdd(f, b1, s0b);
            f = L.Create(a0[aRow]);
            s1a = L.MultiplyAdd(f, b0, s1a);
            s1b = L.MultiplyAdd(f, b1, s1b);
            f = L.Create(a0[aRow2]);
            s2a = L.MultiplyAdd(f, b0, s2a);
            s2b = L.MultiplyAdd(f, b1, s2b);
            f = L.Create(a0[aRow3]);
            s3a = L.MultiplyAdd(f, b0, s3a);
            s3b = L.MultiplyAdd(f, b1, s3b);
            f = L.Create(*a1);
            s4a = L.MultiplyAdd(f, b0, s4a);
            s4b = L.MultiplyAdd(f, b1, s4b);
            f = L.Create(a1[aRow]);
            s5a = L.MultiplyAdd(f, b0, s5a);
            s5b = L.MultiplyAdd(f, b1, s5b);
            f = L.Create(a1[aRow2]);
            s6a = L.MultiplyAdd(f, b0, s6a);
            s6b = L.MultiplyAdd(f, b1, s6b);
            f = L.Create(a1[aRow3]);
            s7a = L.MultiplyAdd(f, b0, s7a);
            s7b = L.MultiplyAdd(f, b1, s7b);
            f = L.Create(*a2);
            s8a = L.MultiplyAdd(f, b0, s8a);
            s8b = L.MultiplyAdd(f, b1, s8b);
            f = L.Create(a2[aRow]);
            s9a = L.MultiplyAdd(f, b0, s9a);
            s9b = L.MultiplyAdd(f, b1, s9b);
            f = L.Create(a2[aRow2]);
            s10a = L.MultiplyAdd(f, b0, s10a);
            s10b = L.MultiplyAdd(f, b1, s10b);
            f = L.Create(a2[aRow3]);
            s11a = L.MultiplyAdd(f, b0, s11a);
            s11b = L.MultiplyAdd(f, b1, s11b);
            a0 += aStep;
            a1 += aStep;
            a2 += aStep;
            panel += 2 * Width;
        }
        if (apart)
        {
            s0a += L.Load(c);
            s0b += L.Load(c + Width);
            s1a += L.Load(c + cStride);
            s1b += L.Load(c + cStride + Width);
            s2a += L.Load(c + 2 * cStride);
            s2b += L.Load(c + 2 * cStride + Width);
            s3a += L.Load(c + 3 * cStride);
            s3b += L.Load(c + 3 * cStride + Width);
            s4a += L.Load(c + 4 * cStride);
            s4b += L.Load(c + 4 * cStride + Width);
            s5a += L.Load(c + 5 * cStride);
            s5b += L.Load(c + 5 * cStride + Width);
            s6a += L.Load(c + 6 * cStride);
            s6b += L.Load(c + 6 * cStride + Width);
            s7a += L.Load(c + 7 * cStride);
            s7b += L.Load(c + 7 * cStride + Width);
            s8a += L.Load(c + 8 * cStride);
            s8b += L.Load(c + 8 * cStride + Width);
            s9a += L.Load(c + 9 * cStride);
            s9b += L.Load(c + 9 * cStride + Width);
            s10a += L.Load(c + 10 * cStride);
            s10b += L.Load(c + 10 * cStride + Width);
            s11a += L.Load(c + 11 * cStride);
            s11b += L.Load(c + 11 * cStride + Width);
        }
        L.Store(s0a, c);
        L.Store(s0b, c + Width);
        L.Store(s1a, c + cStride);
        L.Store(s1b, c + cStride + Width);
        L.Store(s2a, c + 2 * cStride);
        L.Store(s2b, c + 2 * cStride + Width);
        L.Store(s3a, c + 3 * cStride);
        L.Store(s3b, c + 3 * cStride + Width);
        L.Store(s4a, c + 4 * cStride);
        L.Store(s4b, c + 4 * cStride + Width);
        L.Store(s5a, c + 5 * cStride);
        L.Store(s5b, c + 5 * cStride + Width);
        L.Store(s6a, c + 6 * cStride);
        L.Store(s6b, c + 6 * cStride + Width);
        L.Store(s7a, c + 7 * cStride);
        L.Store(s7b, c + 7 * cStride + Width);
        L.Store(s8a, c + 8 * cStride);
        L.Store(s8b, c + 8 * cStride + Width);
        L.Store(s9a, c + 9 * cStride);
        L.Store(s9b, c + 9 * cStride + Width);
        L.Store(s10a, c + 10 * cStride);
        L.Store(s10b, c + 10 * cStride + Width);
        L.Store(s11a, c + 11 * cStride);
        L.Store(s11b, c + 11 * cStride + Width);
    }

    /// <summary>3 rows × 32 columns: what 16 registers of half the width hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer3(float* a, nint aRow, nint aStep, float* panel, int steps, float* c, nint cStride, bool apart)
    {
        float* zeros = stackalloc float[2 * Width];
        float* start = apart ? zeros : c;
        nint stride = apart ? 0 : cStride;
        L s0a = L.Load(start), s0b = L.Load(start + Width);
        L s1a = L.Load(start + stride), s1b = L.Load(start + stride + Width);
        L s2a = L.Load(start + 2 * stride), s2b = L.Load(start + 2 * stride + Width);
        nint aRow2 = 2 * aRow;
        float* a0 = a;
        for (; steps > 0; steps--)
        {
            L b0 = L.Load(panel), b1 = L.Load(panel + Width);
            var f = L.Create(*a0);
            s0a = L.MultiplyAdd(f, b0, s0a);
            s0b = L.MultiplyAdd(f, b1, s0b);
            f = L.Create(a0[aRow]);
            s1a = L.MultiplyAdd(f, b0, s1a);
            s1b = L.MultiplyAdd(f, b1, s1b);
            f = L.Create(a0[aRow2]);
            s2a = L.MultiplyAdd(f, b0, s2a);
            s2b = L.MultiplyAdd(f, b1, s2b);
            a0 += aStep;
            panel += 2 * Width;
        }
        if (apart)
        {
            s0a += L.Load(c);
            s0b += L.Load(c + Width);
            s1a += L.Load(c + cStride);
            s1b += L.Load(c + cStride + Width);
            s2a += L.Load(c + 2 * cStride);
            s2b += L.Load(c + 2 * cStride + Width);
        }
        L.Store(s0a, c);
        L.Store(s0b, c + Width);
        L.Store(s1a, c + cStride);
        L.Store(s1b, c + cStride + Width);
        L.Store(s2a, c + 2 * cStride);
        L.Store(s2b, c + 2 * cStride + Width);
    }
}
