using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>IQ4_NL: f16 scale, then nibbles as in Q4_0 that index a table of unevenly spaced values.</summary>
internal static unsafe class IQ4_NL
{
    public const int Bytes = 18;

    /// <summary>The sixteen values (ggml-common.h, kvalues_iq4nl).</summary>
    public static Vector128<sbyte> Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = Table;
        int blocks = count / 32;
        for (; blocks >= 8; blocks -= 8, scales += 8)
        {
            HalfFloat.Gather(source, Bytes).Store(scales);
            for (int i = 0; i < 8; i++, source += Bytes, values += 32) Unpack(source, values, table);
        }

        for (; blocks > 0; blocks--, source += Bytes, values += 32)
        {
            *scales++ = HalfFloat.ToSingle(*(ushort*)source);
            Unpack(source, values, table);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* source, short* values, Vector128<sbyte> table)
    {
        Lanes.LookUpNibbles(table, Vector128.Load(source + 2), values);
    }

    /// <summary>32 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        float scale = ScaleSearch.FindHalf(default(CurvedLevels), x, w, 32);
        *(ushort*)block = HalfFloat.FromSingle(scale);
        Pack(x, scale, block + 2);
    }

    /// <summary>The nibbles of 32 elements at a given scale.</summary>
    internal static void Pack(float* x, float scale, byte* destination)
    {
        float* l = stackalloc float[32];
        Fit.Assign(default(CurvedLevels), x, 32, scale, 0, l);
        for (int i = 0; i < 16; i++) destination[i] = (byte)(CurvedLevels.Index(l[i]) | CurvedLevels.Index(l[16 + i]) << 4);
    }
}
