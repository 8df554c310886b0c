using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

/// <summary>
/// The slow, obvious twin of every block format: element k of a block from its bits, one at a time, in doubles, straight from the layouts
/// in ggml-common.h. Returns what the element is (exactly) and how large its parts are.
/// </summary>
internal static unsafe class SlowBlocks
{
    private static readonly int[] Curve = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
    private static readonly double[] E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    /// <summary>Element k: scale, integer (or half-integer) value, minimum.</summary>
    public static (double Scale, double Value, double Minimum) Element(ElementType type, byte* b, int k)
    {
        int nibble32(int at) => k < 16 ? b[at + k] & 15 : b[at + k - 16] >> 4;
        int bit(int at, int index) => (b[at + index / 8] >> (index % 8)) & 1;
        switch (type)
        {
            case ElementType.Q4_0: return (Half(b), nibble32(2) - 8, 0);
            case ElementType.Q4_1: return (Half(b), nibble32(4), Half(b + 2));
            case ElementType.Q5_0: return (Half(b), nibble32(6) + 16 * bit(2, k) - 16, 0);
            case ElementType.Q5_1: return (Half(b), nibble32(8) + 16 * bit(4, k), Half(b + 2));
            case ElementType.Q8_0: return (Half(b), (sbyte)b[2 + k], 0);
            case ElementType.Q8_1: return (Half(b), (sbyte)b[4 + k], 0);
            case ElementType.Q8_K: return (*(float*)b, (sbyte)b[4 + k], 0);
            case ElementType.Q2_K: return (Half(b + 80) * (b[k / 16] & 15), Two(b + 16, k), -Half(b + 82) * (b[k / 16] >> 4));
            case ElementType.Q3_K:
            {
                int j = k / 16, low = j < 8 ? b[96 + j] & 15 : b[96 + j - 8] >> 4, high = (b[104 + j % 4] >> (2 * (j / 4))) & 3;
                int third = (b[k % 32] >> (k / 32)) & 1;
                return (Half(b + 108) * ((low | high << 4) - 32), Two(b + 32, k) + 4 * third - 4, 0);
            }

            case ElementType.Q4_K:
            case ElementType.Q5_K:
            {
                int j = k / 32, s, m;
                byte* p = b + 4;
                if (j < 4) (s, m) = (p[j] & 63, p[j + 4] & 63);
                else (s, m) = (p[j + 4] & 15 | p[j - 4] >> 6 << 4, p[j + 4] >> 4 | p[j] >> 6 << 4);
                byte* q = b + (type == ElementType.Q4_K ? 16 : 48);
                int value = (q[k / 64 * 32 + k % 32] >> (4 * (k / 32 % 2))) & 15;
                if (type == ElementType.Q5_K) value += 16 * ((b[16 + k % 32] >> (k / 32)) & 1);
                return (Half(b) * s, value, -Half(b + 2) * m);
            }

            case ElementType.Q6_K:
            {
                int half = k / 128, r = k % 128;
                int low = (b[64 * half + r % 64] >> (4 * (r / 64))) & 15, high = (b[128 + 32 * half + r % 32] >> (2 * (r / 32))) & 3;
                return (Half(b + 208) * (sbyte)b[192 + k / 16], (low | high << 4) - 32, 0);
            }

            case ElementType.IQ4_NL: return (Half(b), Curve[nibble32(2)], 0);
            case ElementType.IQ4_XS:
            {
                int j = k / 32, i = k % 32;
                int s = ((b[4 + j / 2] >> (4 * (j % 2))) & 15) | ((*(ushort*)(b + 2) >> (2 * j)) & 3) << 4;
                return (Half(b) * (s - 32), Curve[(b[8 + 16 * j + i % 16] >> (4 * (i / 16))) & 15], 0);
            }

            case ElementType.MXFP4: return (Math.ScaleB(1, *b - 127), Float4(nibble32(1)), 0);
            case ElementType.NVFP4:
            {
                int s = b[k / 16], i = k % 16;
                double scale = s is 0 or 0x7f ? 0 : (s >> 3 & 15) == 0 ? (s & 7) / 512.0 : Math.ScaleB(1 + (s & 7) / 8.0, (s >> 3 & 15) - 7);
                return (scale, Float4((b[4 + 8 * (k / 16) + i % 8] >> (4 * (i / 8))) & 15), 0);
            }

            case ElementType.TQ2_0: return (Half(b + 64), Two(b, k) - 1, 0);
            case ElementType.TQ1_0:
            {
                var (at, digit) = k < 160 ? (k % 32, k / 32) : k < 240 ? (32 + (k - 160) % 16, (k - 160) / 16) : (48 + k % 4, (k - 240) / 4);
                int x = b[at];
                for (int n = 0; n < digit; n++) x = x * 3 % 256;
                return (Half(b + 52), x * 3 / 256 - 1, 0);
            }

            default: return Lattice(type, b, k);
        }
    }

    private static (double Scale, double Value, double Minimum) Lattice(ElementType type, byte* b, int k)
    {
        int g = k / 8, e = k % 8, s = k / 32;
        double d = Half(b);
        switch (type)
        {
            case ElementType.IQ2_XXS:
            {
                uint word = *(uint*)(b + 2 + 8 * s + 4);
                int value = Point(GridTables.Iq2Xxs[b[2 + 8 * s + g % 4]], e);
                return (d * (0.5 + (word >> 28)) / 4, Sign((int)(word >> (7 * (g % 4))) & 127, e, true) * value, 0);
            }

            case ElementType.IQ2_XS:
            {
                int word = ((ushort*)(b + 2))[g];
                return (d * (0.5 + ((b[66 + s] >> (4 * (k / 16 % 2))) & 15)) / 4, Sign(word >> 9, e, true) * Point(GridTables.Iq2Xs[word & 511], e), 0);
            }

            case ElementType.IQ2_S:
            {
                int index = b[2 + g] | ((b[66 + s] >> (2 * (g % 4))) & 3) << 8;
                return (d * (0.5 + ((b[74 + s] >> (4 * (k / 16 % 2))) & 15)) / 4, Sign(b[34 + g], e, false) * Point(GridTables.Iq2S[index], e), 0);
            }

            case ElementType.IQ3_XXS:
            {
                uint word = *(uint*)(b + 66 + 4 * s);
                int value = Point(GridTables.Iq3Xxs[b[2 + k / 4]], k % 4);
                return (d * (0.5 + (word >> 28)) / 2, Sign((int)(word >> (7 * (g % 4))) & 127, e, true) * value, 0);
            }

            case ElementType.IQ3_S:
            {
                int index = b[2 + k / 4] | ((b[66 + s] >> (k / 4 % 8)) & 1) << 8;
                return (d * (1 + 2 * ((b[106 + s / 2] >> (4 * (s % 2))) & 15)), Sign(b[74 + g], e, false) * Point(GridTables.Iq3S[index], k % 4), 0);
            }

            case ElementType.IQ1_S:
            {
                int word = ((ushort*)(b + 34))[s], index = b[2 + g] | ((word >> (3 * (g % 4))) & 7) << 8;
                return (d * (1 + 2 * ((word >> 12) & 7)), Point(GridTables.Iq1[index], e) / 8.0 + (word >> 15 == 1 ? -0.125 : 0.125), 0);
            }

            case ElementType.IQ1_M:
            {
                ushort* w = (ushort*)(b + 48);
                ushort half = (ushort)(w[0] >> 12 | w[1] >> 12 << 4 | w[2] >> 12 << 8 | w[3] >> 12 << 12);
                int high = (b[32 + g / 2] >> (4 * (g % 2))) & 15;
                double scale = (double)BitConverter.UInt16BitsToHalf(half) * (1 + 2 * ((w[k / 64] >> (3 * (k / 16 % 4))) & 7));
                return (scale, Point(GridTables.Iq1[b[g] | (high & 7) << 8], e) / 8.0 + ((high & 8) != 0 ? -0.125 : 0.125), 0);
            }

            default: throw new ArgumentException($"{type} has no blocks");
        }
    }

    private static double Half(byte* at) => (double)BitConverter.UInt16BitsToHalf(*(ushort*)at);

    private static int Two(byte* at, int k) => (at[k / 128 * 32 + k % 32] >> (2 * (k / 32 % 4))) & 3;

    private static double Float4(int nibble) => (nibble & 8) != 0 ? -E2M1[nibble & 7] : E2M1[nibble & 7];

    private static int Point(ulong point, int e) => (sbyte)(point >> (8 * e));

    private static int Sign(int signs, int e, bool even)
    {
        if (even)
        {
            int ones = 0;
            for (int i = 0; i < 7; i++) ones += (signs >> i) & 1;
            signs |= (ones & 1) << 7;
        }

        return (signs >> e & 1) != 0 ? -1 : 1;
    }
}
