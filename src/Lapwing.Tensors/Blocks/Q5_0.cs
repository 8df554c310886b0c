using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>Q5_0: f16 scale, 32 fifth bits, then 16 bytes of nibbles as in Q4_0; each element less 16.</summary>
internal static unsafe class Q5_0
{
    public const int Bytes = 22;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var nibble = Vector256.Create((short)15);
        var bits = Lanes.Bits;
        var above = Vector256.Create((short)-16);
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8)
        {
            HalfFloat.Gather(source, Bytes).Store(scales);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values, nibble, bits, above);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            Unpack(source, values, nibble, bits, above);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values, Vector256<short> nibble, Vector256<short> bits, Vector256<short> above)
    {
        var x = Lanes.ZeroExtend(source + 6);
        // A nibble with its fifth bit clear is n − 16, which is n with all upper bits set; else n itself.
        var low = Vector256.Equals(Vector256.Create(*(short*)(source + 2)) & bits, Vector256<short>.Zero) & above;
        var high = Vector256.Equals(Vector256.Create(*(short*)(source + 4)) & bits, Vector256<short>.Zero) & above;
        ((x & nibble) | low).Store(values);
        ((x >>> 4) | high).Store(values + 16);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        var levels = new UniformLevels(-16, 15);
        float* l = stackalloc float[32];
        float scale = ScaleSearch.FindHalf(levels, x, w, 32);
        Fit.Assign(levels, x, 32, scale, 0, l);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        Pack(l, 16, block + 2);
    }

    /// <summary>32 levels, each plus <paramref name="offset"/>, as 4 bytes of fifth bits and 16 of nibbles.</summary>
    internal static void Pack(float* l, int offset, byte* destination)
    {
        uint fifth = 0;
        for (int i = 0; i < 32; i++) fifth |= (uint)((int)l[i] + offset >> 4) << i;
        *(uint*)destination = fifth;
        for (int i = 0; i < 16; i++) destination[4 + i] = (byte)((int)l[i] + offset & 15 | ((int)l[16 + i] + offset & 15) << 4);
    }
}
