using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <summary>Pairs of 16-bit integers, multiplied and added to 32 bits: what every processor has. Lanes are weight rows.</summary>
internal sealed unsafe class ShortPanels<L> : PanelKernels
    where L : unmanaged, ILanes<L>
{
    private const int Width = 16;

    public static readonly ShortPanels<L> Shared = new();

    public override int Tokens => L.IsWide ? 4 : 2;

    public override int ValueBytes => sizeof(short);

    public override int Offset => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(short* values, nint stride, int columns, int group, byte* panel, int panelBytes)
    {
        for (int start = 0; start < columns; start += group, panel += panelBytes)
            for (int r = 0; r < Rows; r++)
            {
                int* source = (int*)(values + r * stride + start), target = (int*)panel + r;
                for (int pair = 0; pair < group / 2; pair++) target[pair * Rows] = source[pair];
            }
    }

    public override void Place(sbyte* values, int group, byte* target)
    {
        for (int i = 0; i < group; i++) ((short*)target)[i] = values[i];
    }

    public override void Multiply(byte* panel, byte* tile, int groups, int group, bool minima, bool added, float* y, nint stride)
    {
        int panelBytes = PanelBytes(group, minima);
        if (L.IsWide) Multiply32x4(panel, panelBytes, tile, groups, group, minima, added, y, stride);
        else
        {
            Multiply16x2(panel, panelBytes, tile, groups, group, minima, added, y, stride);
            Multiply16x2(panel + Width * sizeof(int), panelBytes, tile, groups, group, minima, added, y + Width, stride);
        }
    }

    /// <summary>32 rows × 4 tokens: 6 loads for 8 multiplications.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply32x4(byte* panel, int panelBytes, byte* tile, int groups, int group, bool minima, bool added, float* y, nint stride)
    {
        L f00 = LaneMath<L>.Zero, f01 = f00, f10 = f00, f11 = f00, f20 = f00, f21 = f00, f30 = f00, f31 = f00;
        if (added)
        {
            f00 = L.Load(y);
            f01 = L.Load(y + Width);
            f10 = L.Load(y + stride);
            f11 = L.Load(y + stride + Width);
            f20 = L.Load(y + 2 * stride);
            f21 = L.Load(y + 2 * stride + Width);
            f30 = L.Load(y + 3 * stride);
            f31 = L.Load(y + 3 * stride + Width);
        }
        int words = group / 2;
        for (int g = 0; g < groups; g++, panel += panelBytes)
        {
            L i00 = LaneMath<L>.Zero, i01 = i00, i10 = i00, i11 = i00, i20 = i00, i21 = i00, i30 = i00, i31 = i00;
            int* x0 = (int*)tile, x1 = x0 + words, x2 = x1 + words, x3 = x2 + words;
            float* w = (float*)panel;
            for (int word = 0; word < words; word++, w += Rows)
            {
                L w0 = L.Load(w), w1 = L.Load(w + Width), x = L.CreateBits(x0[word]);
                i00 = L.AddBits(i00, L.MultiplyAddPairs(w0, x));
                i01 = L.AddBits(i01, L.MultiplyAddPairs(w1, x));
                x = L.CreateBits(x1[word]);
                i10 = L.AddBits(i10, L.MultiplyAddPairs(w0, x));
                i11 = L.AddBits(i11, L.MultiplyAddPairs(w1, x));
                x = L.CreateBits(x2[word]);
                i20 = L.AddBits(i20, L.MultiplyAddPairs(w0, x));
                i21 = L.AddBits(i21, L.MultiplyAddPairs(w1, x));
                x = L.CreateBits(x3[word]);
                i30 = L.AddBits(i30, L.MultiplyAddPairs(w0, x));
                i31 = L.AddBits(i31, L.MultiplyAddPairs(w1, x));
            }
            float* scales = (float*)(x3 + words) + 4, sums = scales + 4;
            L s0 = L.Load(w), s1 = L.Load(w + Width), s = L.Create(scales[0]);
            f00 = L.MultiplyAdd(L.ToFloat(i00) * s0, s, f00);
            f01 = L.MultiplyAdd(L.ToFloat(i01) * s1, s, f01);
            s = L.Create(scales[1]);
            f10 = L.MultiplyAdd(L.ToFloat(i10) * s0, s, f10);
            f11 = L.MultiplyAdd(L.ToFloat(i11) * s1, s, f11);
            s = L.Create(scales[2]);
            f20 = L.MultiplyAdd(L.ToFloat(i20) * s0, s, f20);
            f21 = L.MultiplyAdd(L.ToFloat(i21) * s1, s, f21);
            s = L.Create(scales[3]);
            f30 = L.MultiplyAdd(L.ToFloat(i30) * s0, s, f30);
            f31 = L.MultiplyAdd(L.ToFloat(i31) * s1, s, f31);
            if (minima)
            {
                L m0 = L.Load(w + 2 * Width), m1 = L.Load(w + 3 * Width);
                s = L.Create(sums[0]);
                f00 = L.MultiplyAdd(m0, s, f00);
                f01 = L.MultiplyAdd(m1, s, f01);
                s = L.Create(sums[1]);
                f10 = L.MultiplyAdd(m0, s, f10);
                f11 = L.MultiplyAdd(m1, s, f11);
                s = L.Create(sums[2]);
                f20 = L.MultiplyAdd(m0, s, f20);
                f21 = L.MultiplyAdd(m1, s, f21);
                s = L.Create(sums[3]);
                f30 = L.MultiplyAdd(m0, s, f30);
                f31 = L.MultiplyAdd(m1, s, f31);
            }
            tile = (byte*)(sums + 4);
        }
        L.Store(f00, y);
        L.Store(f01, y + Width);
        L.Store(f10, y + stride);
        L.Store(f11, y + stride + Width);
        L.Store(f20, y + 2 * stride);
        L.Store(f21, y + 2 * stride + Width);
        L.Store(f30, y + 3 * stride);
        L.Store(f31, y + 3 * stride + Width);
    }

    /// <summary>16 rows × 2 tokens, for processors with few registers; rows of a panel stay 32 apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply16x2(byte* panel, int panelBytes, byte* tile, int groups, int group, bool minima, bool added, float* y, nint stride)
    {
        L f0 = added ? L.Load(y) : LaneMath<L>.Zero, f1 = added ? L.Load(y + stride) : LaneMath<L>.Zero;
        int words = group / 2;
        for (int g = 0; g < groups; g++, panel += panelBytes)
        {
            L i0 = LaneMath<L>.Zero, i1 = i0;
            int* x = (int*)tile;
            float* w = (float*)panel;
            for (int word = 0; word < words; word++, w += Rows)
            {
                var v = L.Load(w);
                i0 = L.AddBits(i0, L.MultiplyAddPairs(v, L.CreateBits(x[word])));
                i1 = L.AddBits(i1, L.MultiplyAddPairs(v, L.CreateBits(x[words + word])));
            }
            float* scales = (float*)(x + 2 * words) + 2, sums = scales + 2;
            var s = L.Load(w);
            f0 = L.MultiplyAdd(L.ToFloat(i0) * s, L.Create(scales[0]), f0);
            f1 = L.MultiplyAdd(L.ToFloat(i1) * s, L.Create(scales[1]), f1);
            if (minima)
            {
                var m = L.Load(w + Rows);
                f0 = L.MultiplyAdd(m, L.Create(sums[0]), f0);
                f1 = L.MultiplyAdd(m, L.Create(sums[1]), f1);
            }
            tile = (byte*)(sums + 2);
        }
        L.Store(f0, y);
        L.Store(f1, y + stride);
    }
}
