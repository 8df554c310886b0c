using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

public sealed unsafe class DequantiseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_type_dequantises_to_the_references_bits(bool all)
    {
        var vectors = ReferenceVectors.Load(all);
        var failures = new List<string>();
        foreach (string name in vectors.Names)
        {
            var (type, bytes) = vectors.Quantised(name);
            float[] expected = vectors.Floats(name);
            var actual = new float[expected.Length];
            fixed (byte* b = bytes)
            fixed (float* a = actual)
                BlockCodec.Dequantise(type, b, a, actual.Length);
            int wrong = 0, first = -1;
            for (int i = 0; i < actual.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i])) continue;
                if (wrong++ == 0) first = i;
            }

            if (wrong > 0) failures.Add($"{name}: {wrong} differ, first [{first}]: {actual[first]:r}, expected {expected[first]:r}");
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }
}
