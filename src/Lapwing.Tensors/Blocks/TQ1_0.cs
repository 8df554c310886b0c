using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// TQ1_0: 48 bytes of five ternary digits, 4 bytes of four, f16 scale. A byte is ⌈256 · n / 243⌉ for the five-digit number n, so that
/// multiplying by 3 carries the next digit (the first element's first) out of the top. Digit n of byte m is element 32n + m of the first
/// 160, 16n + m of the next 80, 4n + m of the last 16.
/// </summary>
internal static unsafe class TQ1_0
{
    public const int Bytes = 54;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var powers = Vector256.Create(1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, (short)27);
        for (; count > 0; count -= 256, source += Bytes, values += 256, scales += 8)
        {
            Vector256.Create(HalfFloat.ToSingle(*(ushort*)(source + 52))).Store(scales);
            Digits(Lanes.ZeroExtend(source), values, 32);
            Digits(Lanes.ZeroExtend(source + 16), values + 16, 32);
            Digits(Lanes.ZeroExtend(source + 32), values + 160, 16);
            var last = Lanes.ZeroExtend(Vector128.Create(*(uint*)(source + 48)).AsByte());
            Digit(last * powers).Store(values + 240);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Digits(Vector256<short> x, short* values, int stride)
    {
        for (int n = 0; n < 5; n++, values += stride, x *= Vector256.Create((short)3)) Digit(x).Store(values);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Digit(Vector256<short> x) =>
        (((x & Vector256.Create((short)255)) * Vector256.Create((short)3)) >>> 8) - Vector256<short>.One;

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float* l = stackalloc float[256];
        float scale = TernarySearch.Find(x, w, 256);
        Fit.Assign(new UniformLevels(-1, 1), x, 256, scale, 0, l);
        for (int m = 0; m < 32; m++) block[m] = Pack(l + m, 32, 5);
        for (int m = 0; m < 16; m++) block[32 + m] = Pack(l + 160 + m, 16, 5);
        for (int m = 0; m < 4; m++) block[48 + m] = Pack(l + 240 + m, 4, 4);
        *(ushort*)(block + 52) = HalfFloat.FromSingle(scale);
    }

    private static byte Pack(float* l, int stride, int digits)
    {
        int number = 0;
        for (int n = 0; n < 5; n++) number = 3 * number + (n < digits ? (int)l[n * stride] + 1 : 0);
        return (byte)((256 * number + 242) / 243);
    }
}
