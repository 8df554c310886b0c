using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// MXFP4 (OCP Microscaling Formats 1.0): an exponent byte e (the scale is 2^(e − 127)), then nibbles as in Q4_0, each a 4-bit float E2M1.
/// Values are doubled to be whole and scales halved, as in the reference.
/// </summary>
internal static unsafe class MXFP4
{
    public const int Bytes = 17;

    /// <summary>E2M1 twice over: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives.</summary>
    public static Vector128<sbyte> Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = Table;
        int blocks = count / 32;
        for (int b = 0; b < blocks; b++, source += Bytes, values += 32)
        {
            scales[b] = HalfScale(*source);
            Lanes.LookUpNibbles(table, Vector128.Load(source + 1), values);
        }
    }

    /// <summary>2^(e − 128), subnormal for e below 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float HalfScale(uint e) => BitConverter.UInt32BitsToSingle(e < 2 ? 0x00200000u << (int)e : (e - 1) << 23);

    /// <summary>
    /// 32 elements to one block: of the six exponents around the one that just holds the largest element, the one that errs least.
    /// </summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = default(FloatLevels);
        float* l = stackalloc float[32];
        float extreme = MathF.Abs(Fit.Extreme(x, 32));
        int first = extreme > 0 ? Math.Clamp(MathF.ILogB(extreme) - 2 + 127 - 2, 0, 254) : 0;
        float* scales = stackalloc float[Fit.Lanes];
        for (int e = 0; e < Fit.Lanes; e++) scales[e] = HalfScale((uint)Math.Min(first + Math.Min(e, 5), 254));
        int lane = Fit.Greatest(-Fit.Error(levels, x, w, 32, Vector512.Load(scales)), float.NegativeInfinity);
        *block = (byte)Math.Min(first + (lane >= 0 ? Math.Min(lane, 5) : 2), 254);
        Fit.Assign(levels, x, 32, HalfScale(*block), 0, l);
        for (int i = 0; i < 16; i++) block[1 + i] = (byte)(FloatLevels.Index(l[i]) | FloatLevels.Index(l[16 + i]) << 4);
    }
}
