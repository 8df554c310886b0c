using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lapwing.Tensors.Blocks.Search;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// IQ4_XS: f16 scale of the scales, 8 six-bit scales (less 32: 16 bits hold the upper two of each, 4 bytes the lower nibbles), then eight
/// times 16 bytes as in IQ4_NL.
/// </summary>
internal static unsafe class IQ4_XS
{
    public const int Bytes = 136;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(byte* source, int count, short* values, float* scales)
    {
        var table = IQ4_NL.Table;
        for (; count > 0; count -= 256, source += Bytes, values += 256, scales += 8)
        {
            float d = HalfFloat.ToSingle(*(ushort*)source);
            uint high = *(ushort*)(source + 2), low = *(uint*)(source + 4);
            // Sub-block b: nibble b of the low word, bits 2b of the high one.
            var shift = Vector256.Create(0u, 4, 8, 12, 16, 20, 24, 28);
            var s = Lanes.ShiftRight(Vector256.Create(low), shift) & Vector256.Create(15u);
            var t = Lanes.ShiftRight(Vector256.Create(high), shift >>> 1) & Vector256.Create(3u);
            (Vector256.ConvertToSingle((s | (t << 4)).AsInt32() - Vector256.Create(32)) * Vector256.Create(d)).Store(scales);
            for (int b = 0; b < 8; b++) Lanes.LookUpNibbles(table, Vector128.Load(source + 8 + 16 * b), values + 32 * b);
        }
    }

    /// <summary>256 elements to one block.</summary>
    public static void Quantise(float* x, float* w, byte* block)
    {
        int* s = stackalloc int[8];
        float scale = SuperBlockSearch.Find(default(CurvedLevels), x, w, 8, 32, -32, 31, s);
        uint high = 0, low = 0;
        for (int j = 0; j < 8; j++)
        {
            IQ4_NL.Pack(x + 32 * j, scale * s[j], block + 8 + 16 * j);
            uint bits = (uint)(s[j] + 32);
            high |= bits >> 4 << (2 * j);
            low |= (bits & 15) << (4 * j);
        }

        *(ushort*)block = HalfFloat.FromSingle(scale);
        *(ushort*)(block + 2) = (ushort)high;
        *(uint*)(block + 4) = low;
    }
}
