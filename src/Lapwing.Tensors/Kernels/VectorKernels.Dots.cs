using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Lapwing.Tensors;

/// <content>
/// Dot-shaped matrix product: every result has one register of sixteen lane sums, so its order of additions is <see cref="Dot"/>'s
/// whatever tile it falls in. A tile of 4 tokens × 6 rows needs 10 loads for 24 multiply-adds, and the machines at hand do one of each a
/// cycle. At the edges a tile lies over its neighbour and computes some results twice: the bits are the same.
/// </content>
internal sealed unsafe partial class VectorKernels<L>
{
    private static int TileTokens => L.IsWide ? 4 : 2;

    private static int TileRows => L.IsWide ? 6 : 3;

    public override void Dots(in DotProblem p)
    {
        if (p.Tokens >= TileTokens && p.Rows >= TileRows) DotsByTile(p);
        else if (p.Rows >= 6)
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r += 6)
                {
                    int row = Math.Min(r, p.Rows - 6);
                    Tile1x6(p.X + t * p.XStride, p.W + row * p.WStride, p.WStride, p.Columns, p.Y + t * p.YStride + row, 1);
                }
        }
        else if (p.Tokens >= 6)
        {
            for (int r = 0; r < p.Rows; r++)
                for (int t = 0; t < p.Tokens; t += 6)
                {
                    int token = Math.Min(t, p.Tokens - 6);
                    Tile1x6(p.W + r * p.WStride, p.X + token * p.XStride, p.XStride, p.Columns, p.Y + token * p.YStride + r, p.YStride);
                }
        }
        else
        {
            for (int t = 0; t < p.Tokens; t++)
                for (int r = 0; r < p.Rows; r++) p.Y[t * p.YStride + r] = Dot(p.X + t * p.XStride, p.W + r * p.WStride, p.Columns);
        }
    }

    private static void DotsByTile(in DotProblem p)
    {
        for (int t = 0; t < p.Tokens; t += TileTokens)
        {
            int token = Math.Min(t, p.Tokens - TileTokens);
            float* x = p.X + token * p.XStride, y = p.Y + token * p.YStride;
            for (int r = 0; r < p.Rows; r += TileRows)
            {
                int row = Math.Min(r, p.Rows - TileRows);
                if (L.IsWide) Tile4x6(x, p.XStride, p.W + row * p.WStride, p.WStride, p.Columns, y + row, p.YStride);
                else Tile2x3(x, p.XStride, p.W + row * p.WStride, p.WStride, p.Columns, y + row, p.YStride);
            }
        }
    }

    private static void Pad(float* source, int count, float* buffer)
    {
        for (int i = 0; i < Width; i++) buffer[i] = i < count ? source[i] : 0;
    }

    /// <summary>4 tokens × 6 rows: 24 of 32 registers hold sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Tile4x6(float* x, nint xStride, float* w, nint wStride, int columns, float* y, nint yStride)
    {
        float* tail = stackalloc float[10 * Width];
        int whole = columns & ~(Width - 1), rest = columns - whole;
        float* x0 = x, x1 = x0 + xStride, x2 = x1 + xStride, x3 = x2 + xStride;
        float* w0 = w, w1 = w0 + wStride, w2 = w1 + wStride, w3 = w2 + wStride, w4 = w3 + wStride, w5 = w4 + wStride;
        if (rest > 0)
        {
            Pad(x0 + whole, rest, tail);
            Pad(x1 + whole, rest, tail + Width);
            Pad(x2 + whole, rest, tail + 2 * Width);
            Pad(x3 + whole, rest, tail + 3 * Width);
            Pad(w0 + whole, rest, tail + 4 * Width);
            Pad(w1 + whole, rest, tail + 5 * Width);
            Pad(w2 + whole, rest, tail + 6 * Width);
            Pad(w3 + whole, rest, tail + 7 * Width);
            Pad(w4 + whole, rest, tail + 8 * Width);
            Pad(w5 + whole, rest, tail + 9 * Width);
        }
        L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero, s03 = LaneMath<L>.Zero, s04 = LaneMath<L>.Zero, s05 = LaneMath<L>.Zero;
        L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero, s12 = LaneMath<L>.Zero, s13 = LaneMath<L>.Zero, s14 = LaneMath<L>.Zero, s15 = LaneMath<L>.Zero;
        L s20 = LaneMath<L>.Zero, s21 = LaneMath<L>.Zero, s22 = LaneMath<L>.Zero, s23 = LaneMath<L>.Zero, s24 = LaneMath<L>.Zero, s25 = LaneMath<L>.Zero;
        L s30 = LaneMath<L>.Zero, s31 = LaneMath<L>.Zero, s32 = LaneMath<L>.Zero, s33 = LaneMath<L>.Zero, s34 = LaneMath<L>.Zero, s35 = LaneMath<L>.Zero;
        for (nint k = 0, end = whole; ;)
        {
            for (; k < end; k += Width)
            {
                L v0 = L.Load(x0 + k), v1 = L.Load(x1 + k), v2 = L.Load(x2 + k), v3 = L.Load(x3 + k);
                var u = L.Load(w0 + k);
                s00 = L.MultiplyAdd(v0, u, s00);
                s10 = L.MultiplyAdd(v1, u, s10);
                s20 = L.MultiplyAdd(v2, u, s20);
                s30 = L.MultiplyAdd(v3, u, s30);
                u = L.Load(w1 + k);
                s01 = L.MultiplyAdd(v0, u, s01);
                s11 = L.MultiplyAdd(v1, u, s11);
                s21 = L.MultiplyAdd(v2, u, s21);
                s31 = L.MultiplyAdd(v3, u, s31);
                u = L.Load(w2 + k);
                s02 = L.MultiplyAdd(v0, u, s02);
                s12 = L.MultiplyAdd(v1, u, s12);
                s22 = L.MultiplyAdd(v2, u, s22);
                s32 = L.MultiplyAdd(v3, u, s32);
                u = L.Load(w3 + k);
                s03 = L.MultiplyAdd(v0, u, s03);
                s13 = L.MultiplyAdd(v1, u, s13);
                s23 = L.MultiplyAdd(v2, u, s23);
                s33 = L.MultiplyAdd(v3, u, s33);
                u = L.Load(w4 + k);
                s04 = L.MultiplyAdd(v0, u, s04);
                s14 = L.MultiplyAdd(v1, u, s14);
                s24 = L.MultiplyAdd(v2, u, s24);
                s34 = L.MultiplyAdd(v3, u, s34);
                u = L.Load(w5 + k);
                s05 = L.MultiplyAdd(v0, u, s05);
                s15 = L.MultiplyAdd(v1, u, s15);
                s25 = L.MultiplyAdd(v2, u, s25);
                s35 = L.MultiplyAdd(v3, u, s35);
            }
            if (rest == 0) break;
            // Once more around with the ragged ends. A call in here would keep every sum in memory.
            rest = 0;
            x0 = tail;
            x1 = tail + Width;
            x2 = tail + 2 * Width;
            x3 = tail + 3 * Width;
            w0 = tail + 4 * Width;
            w1 = tail + 5 * Width;
            w2 = tail + 6 * Width;
            w3 = tail + 7 * Width;
            w4 = tail + 8 * Width;
            w5 = tail + 9 * Width;
            k = 0;
            end = Width;
        }
        LaneMath<L>.Sum(s00, s01, s02, s03).Store(y);
        LaneMath<L>.Sum(s10, s11, s12, s13).Store(y + yStride);
        LaneMath<L>.Sum(s20, s21, s22, s23).Store(y + 2 * yStride);
        LaneMath<L>.Sum(s30, s31, s32, s33).Store(y + 3 * yStride);
        var e0 = LaneMath<L>.Sum(s04, s05, s14, s15).AsDouble();
        *(double*)(y + 4) = e0[0];
        *(double*)(y + yStride + 4) = e0[1];
        var e2 = LaneMath<L>.Sum(s24, s25, s34, s35).AsDouble();
        *(double*)(y + 2 * yStride + 4) = e2[0];
        *(double*)(y + 3 * yStride + 4) = e2[1];
    }

    /// <summary>2 tokens × 3 rows: what 16 registers of half the width hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Tile2x3(float* x, nint xStride, float* w, nint wStride, int columns, float* y, nint yStride)
    {
        float* tail = stackalloc float[5 * Width];
        int whole = columns & ~(Width - 1), rest = columns - whole;
        float* x0 = x, x1 = x0 + xStride;
        float* w0 = w, w1 = w0 + wStride, w2 = w1 + wStride;
        if (rest > 0)
        {
            Pad(x0 + whole, rest, tail);
            Pad(x1 + whole, rest, tail + Width);
            Pad(w0 + whole, rest, tail + 2 * Width);
            Pad(w1 + whole, rest, tail + 3 * Width);
            Pad(w2 + whole, rest, tail + 4 * Width);
        }
        L s00 = LaneMath<L>.Zero, s01 = LaneMath<L>.Zero, s02 = LaneMath<L>.Zero;
        L s10 = LaneMath<L>.Zero, s11 = LaneMath<L>.Zero, s12 = LaneMath<L>.Zero;
        for (nint k = 0, end = whole; ;)
        {
            for (; k < end; k += Width)
            {
                L v0 = L.Load(x0 + k), v1 = L.Load(x1 + k);
                var u = L.Load(w0 + k);
                s00 = L.MultiplyAdd(v0, u, s00);
                s10 = L.MultiplyAdd(v1, u, s10);
                u = L.Load(w1 + k);
                s01 = L.MultiplyAdd(v0, u, s01);
                s11 = L.MultiplyAdd(v1, u, s11);
                u = L.Load(w2 + k);
                s02 = L.MultiplyAdd(v0, u, s02);
                s12 = L.MultiplyAdd(v1, u, s12);
            }
            if (rest == 0) break;
            // Once more around with the ragged ends. A call in here would keep every sum in memory.
            rest = 0;
            x0 = tail;
            x1 = tail + Width;
            w0 = tail + 2 * Width;
            w1 = tail + 3 * Width;
            w2 = tail + 4 * Width;
            k = 0;
            end = Width;
        }
        var e0 = LaneMath<L>.Sum(s00, s01, s02, s02);
        y[0] = e0[0];
        y[1] = e0[1];
        y[2] = e0[2];
        var e1 = LaneMath<L>.Sum(s10, s11, s12, s12);
        y[yStride + 0] = e1[0];
        y[yStride + 1] = e1[1];
        y[yStride + 2] = e1[2];
    }

    /// <summary>One row against six, results <paramref name="step"/> apart: a single token, or a single row of weights with the roles changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void Tile1x6(float* x, float* w, nint wStride, int columns, float* y, nint step)
    {
        float* tail = stackalloc float[7 * Width];
        int whole = columns & ~(Width - 1), rest = columns - whole;
        float* w0 = w, w1 = w0 + wStride, w2 = w1 + wStride, w3 = w2 + wStride, w4 = w3 + wStride, w5 = w4 + wStride;
        if (rest > 0)
        {
            Pad(x + whole, rest, tail);
            Pad(w0 + whole, rest, tail + Width);
            Pad(w1 + whole, rest, tail + 2 * Width);
            Pad(w2 + whole, rest, tail + 3 * Width);
            Pad(w3 + whole, rest, tail + 4 * Width);
            Pad(w4 + whole, rest, tail + 5 * Width);
            Pad(w5 + whole, rest, tail + 6 * Width);
        }
        L s0 = LaneMath<L>.Zero, s1 = LaneMath<L>.Zero, s2 = LaneMath<L>.Zero, s3 = LaneMath<L>.Zero, s4 = LaneMath<L>.Zero, s5 = LaneMath<L>.Zero;
        for (nint k = 0, end = whole; ;)
        {
            for (; k < end; k += Width)
            {
                var v = L.Load(x + k);
                s0 = L.MultiplyAdd(v, L.Load(w0 + k), s0);
                s1 = L.MultiplyAdd(v, L.Load(w1 + k), s1);
                s2 = L.MultiplyAdd(v, L.Load(w2 + k), s2);
                s3 = L.MultiplyAdd(v, L.Load(w3 + k), s3);
                s4 = L.MultiplyAdd(v, L.Load(w4 + k), s4);
                s5 = L.MultiplyAdd(v, L.Load(w5 + k), s5);
            }
            if (rest == 0) break;
            rest = 0;
            x = tail;
            w0 = tail + Width;
            w1 = tail + 2 * Width;
            w2 = tail + 3 * Width;
            w3 = tail + 4 * Width;
            w4 = tail + 5 * Width;
            w5 = tail + 6 * Width;
            k = 0;
            end = Width;
        }
        var (a, b) = (LaneMath<L>.Sum(s0, s1, s2, s3), LaneMath<L>.Sum(s4, s5, s4, s5));
        y[0] = a[0];
        y[step] = a[1];
        y[2 * step] = a[2];
        y[3 * step] = a[3];
        y[4 * step] = b[0];
        y[5 * step] = b[1];
    }
}
