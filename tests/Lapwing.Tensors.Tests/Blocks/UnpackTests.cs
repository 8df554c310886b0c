using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

public sealed unsafe class UnpackTests
{
    public static TheoryData<ElementType> BlockTypes => new(Enum.GetValues<ElementType>().Where(BlockCodec.CanUnpack));

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public void Unpacked_and_dequantised_rows_of_random_bytes_are_what_the_slow_twin_reads(ElementType type)
    {
        var random = new Random((int)type);
        int length = type.BlockLength(), group = BlockCodec.GroupLength(type);
        for (int trial = 0; trial < 60; trial++)
        {
            int count = length * (1 + trial % 11);
            byte[] row = RandomRow(type, count, random);
            var values = new short[count + 8];
            var scales = new float[count / group + 2];
            var minima = new float[count / group + 2];
            var floats = new float[count + 2];
            values.AsSpan(count).Fill(12345);
            scales.AsSpan(count / group).Fill(12345);
            minima.AsSpan(BlockCodec.HasMinima(type) ? count / group : 0).Fill(12345);
            floats.AsSpan(count).Fill(12345);
            fixed (byte* r = row)
            fixed (short* v = values)
            fixed (float* s = scales, m = minima, f = floats)
            {
                BlockCodec.Unpack(type, r, count, v, s, BlockCodec.HasMinima(type) ? m : null);
                BlockCodec.Dequantise(type, r, f, count);
                for (int k = 0; k < count; k++)
                {
                    var (scale, value, minimum) = SlowBlocks.Element(type, r + k / length * type.BlockBytes(), k % length);
                    double expected = scale * value + minimum;
                    double unpacked = (double)s[k / group] * v[k] + (BlockCodec.HasMinima(type) ? m[k / group] : 0);
                    Assert.InRange(v[k], -255, 255);
                    if (!double.IsFinite(expected))
                    {
                        Assert.False(double.IsFinite(unpacked) && float.IsFinite(f[k]), $"{type} [{k}]: {expected}, {unpacked}, {f[k]}");
                        continue;
                    }

                    // A scale is rounded once, a product and a sum once each, to 2⁻²⁴ of their size.
                    double tolerance = 4 * (Math.Abs(scale * value) + Math.Abs(minimum)) / (1 << 24) + 1e-44;
                    Assert.True(Math.Abs(expected - unpacked) <= tolerance, $"{type} [{k}]: {expected:r}, unpacked {unpacked:r}");
                    if (Math.Abs(expected) < 3.4e38) Assert.True(Math.Abs(expected - f[k]) <= tolerance, $"{type} [{k}]: {expected:r}, dequantised {f[k]:r}");
                }
            }

            Assert.All(values.AsSpan(count).ToArray(), v => Assert.Equal(12345, v));
            Assert.All(scales.AsSpan(count / group).ToArray(), v => Assert.Equal(12345, v));
            Assert.All(minima.AsSpan(BlockCodec.HasMinima(type) ? count / group : 0).ToArray(), v => Assert.Equal(12345, v));
            Assert.All(floats.AsSpan(count).ToArray(), v => Assert.Equal(12345, v));
        }
    }

    [Theory]
    [MemberData(nameof(BlockTypes))]
    public void The_first_block_with_a_scale_that_is_not_finite_is_found(ElementType type)
    {
        int length = type.BlockLength(), count = 7 * length;
        var row = new byte[type.RowBytes(count)];
        fixed (byte* r = row)
        {
            Assert.Equal(-1, BlockCodec.FindNonFinite(type, r, count));
            if (type == ElementType.NVFP4) return;
            for (int bad = 0; bad < 7; bad++)
            {
                row.AsSpan().Clear();
                row.AsSpan(bad * type.BlockBytes(), type.BlockBytes()).Fill(0xff);
                Assert.Equal(bad, BlockCodec.FindNonFinite(type, r, count));
            }
        }
    }

    [Theory]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    [InlineData(ElementType.F64)]
    public void The_first_element_that_is_not_finite_is_found(ElementType type)
    {
        int bytes = type.BlockBytes();
        for (int count = 1; count < 70; count++)
        {
            var row = new byte[count * bytes];
            fixed (byte* r = row)
            {
                Assert.Equal(-1, BlockCodec.FindNonFinite(type, r, count));
                row.AsSpan((count / 2) * bytes).Fill(0xff);
                Assert.Equal(count / 2, BlockCodec.FindNonFinite(type, r, count));
            }
        }
    }

    [Fact]
    public void Types_without_blocks_and_broken_rows_are_refused()
    {
        byte* one = stackalloc byte[512];
        float* floats = stackalloc float[512];
        short* values = stackalloc short[64];
        Assert.Throws<NotSupportedException>(() => BlockCodec.Unpack(ElementType.F32, one, 32, values, floats, floats));
        Assert.Throws<ArgumentException>(() => BlockCodec.Dequantise(ElementType.Q4_K, one, floats, 100));
        Assert.Throws<NotSupportedException>(() => BlockCodec.Dequantise((ElementType)99, one, floats, 32));
        Assert.False(BlockCodec.CanUnpack((ElementType)99));
    }

    [Theory]
    [InlineData(ElementType.I8)]
    [InlineData(ElementType.I16)]
    [InlineData(ElementType.I32)]
    [InlineData(ElementType.I64)]
    [InlineData(ElementType.F64)]
    [InlineData(ElementType.F32)]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Plain_types_become_floats_at_every_length(ElementType type)
    {
        for (int count = 0; count < 70; count++)
        {
            var row = new byte[count * type.BlockBytes() + 1];
            var floats = new float[count + 1];
            floats[count] = 77;
            fixed (byte* r = row)
            fixed (float* f = floats)
            {
                for (int i = 0; i < count; i++)
                {
                    int value = i - 35;
                    byte* at = r + i * type.BlockBytes();
                    switch (type)
                    {
                        case ElementType.I8: *(sbyte*)at = (sbyte)value; break;
                        case ElementType.I16: *(short*)at = (short)value; break;
                        case ElementType.I32: *(int*)at = value; break;
                        case ElementType.I64: *(long*)at = value; break;
                        case ElementType.F64: *(double*)at = value; break;
                        case ElementType.F32: *(float*)at = value; break;
                        case ElementType.F16: *(Half*)at = (Half)value; break;
                        default: *(ushort*)at = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16); break;
                    }
                }

                BlockCodec.Dequantise(type, r, f, count);
            }

            for (int i = 0; i < count; i++) Assert.Equal(i - 35, floats[i]);
            Assert.Equal(77, floats[count]);
        }
    }

    // Random bytes put random bits into every field: halves come out subnormal, ordinary, huge, infinite and NaN alike.
    private static byte[] RandomRow(ElementType type, int count, Random random)
    {
        var row = new byte[type.RowBytes(count)];
        random.NextBytes(row);
        return row;
    }
}
