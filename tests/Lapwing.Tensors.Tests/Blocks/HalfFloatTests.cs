using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

public sealed unsafe class HalfFloatTests
{
    [Fact]
    public void Widening_agrees_with_the_runtime_for_all_65536_halves()
    {
        var bits = new ushort[65536 + 5];
        var floats = new float[bits.Length];
        for (int i = 0; i < bits.Length; i++) bits[i] = (ushort)i;
        fixed (ushort* b = bits)
        fixed (float* f = floats)
            HalfFloat.Widen(b, f, bits.Length);
        for (int i = 0; i < bits.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(bits[i]);
            AssertSame(expected, floats[i], i);
            AssertSame(expected, HalfFloat.ToSingle(bits[i]), i);
        }

        static void AssertSame(float expected, float actual, int i)
        {
            if (float.IsNaN(expected)) Assert.True(float.IsNaN(actual), $"half 0x{i:x4}");
            else Assert.True(BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual), $"half 0x{i:x4}: {expected} {actual}");
        }
    }

    [Fact]
    public void Narrowing_agrees_with_the_runtime_around_every_half_and_every_tie()
    {
        var source = new List<float>();
        for (int h = 0; h < 65536; h++)
        {
            float f = (float)BitConverter.UInt16BitsToHalf((ushort)h);
            float next = (float)BitConverter.UInt16BitsToHalf((ushort)(h + 1));
            float tie = (float)(((double)f + next) / 2);
            source.AddRange([f, tie, MathF.BitIncrement(tie), MathF.BitDecrement(tie)]);
        }

        source.AddRange([65519.996f, 65520f, 1e30f, -1e30f, float.Epsilon, -0f, float.NaN]);
        var halves = new ushort[source.Count];
        fixed (float* s = source.ToArray())
        fixed (ushort* h = halves)
            HalfFloat.Narrow(s, h, halves.Length);
        for (int i = 0; i < halves.Length; i++)
        {
            ushort expected = BitConverter.HalfToUInt16Bits((Half)source[i]);
            if (float.IsNaN(source[i])) Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(halves[i])));
            else Assert.True(expected == halves[i], $"{source[i]:r}: 0x{expected:x4} 0x{halves[i]:x4}");
        }
    }

    [Fact]
    public void Bfloat16_rounds_to_nearest_even_and_returns_unchanged()
    {
        var random = new Random(3);
        var source = new float[1003];
        for (int i = 0; i < source.Length; i++) source[i] = BitConverter.Int32BitsToSingle(random.Next() ^ (random.Next() << 7));
        source[1] = 1 + 1f / 256;
        source[2] = 1 + 3f / 256;
        source[3] = float.NaN;
        source[4] = float.PositiveInfinity;
        var halves = new ushort[source.Length];
        var back = new float[source.Length];
        var again = new ushort[source.Length];
        fixed (float* s = source, b = back)
        fixed (ushort* h = halves, a = again)
        {
            BrainFloat.Narrow(s, h, source.Length);
            BrainFloat.Widen(h, b, source.Length);
            BrainFloat.Narrow(b, a, source.Length);
        }

        Assert.Equal(halves, again);
        Assert.Equal(1f, back[1]);
        Assert.Equal(1 + 1f / 64, back[2]);
        Assert.True(float.IsNaN(back[3]));
        Assert.Equal(float.PositiveInfinity, back[4]);
        for (int i = 5; i < source.Length; i++)
        {
            Assert.Equal(BrainFloat.FromSingle(source[i]), halves[i]);
            if (float.IsFinite(source[i])) Assert.True(Math.Abs(source[i] - (double)back[i]) <= Math.Abs(source[i]) / 256.0 + 1e-40);
        }
    }
}
