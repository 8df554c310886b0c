using Lapwing.Tensors.Blocks;

namespace Lapwing.Tensors.Tests.Blocks;

public sealed unsafe class QuantiseReferenceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Quantising_errs_no_more_than_the_reference_plain_and_weighted(bool all)
    {
        var vectors = ReferenceVectors.Load(all);
        float[] source = vectors.Floats("source"), importance = vectors.Floats("importance");
        var failures = new List<string>();
        foreach (string name in vectors.Names)
        {
            var (type, bytes) = vectors.Quantised(name);
            if (!BlockCodec.CanQuantise(type)) continue;
            bool weighted = name.EndsWith(".weighted", StringComparison.Ordinal);
            double ours = 0, theirs = 0;
            int worseRows = 0;
            for (int row = 0; row < vectors.Rows; row++)
            {
                float[] x = source.AsSpan(row * ReferenceVectors.Columns, ReferenceVectors.Columns).ToArray();
                double own = Error(x, RoundTrip(type, x, weighted ? importance : null), weighted ? importance : null);
                double other = Error(x, vectors.Floats(name).AsSpan(row * ReferenceVectors.Columns, ReferenceVectors.Columns), weighted ? importance : null);
                ours += own;
                theirs += other;
                if (own > other * 1.0000001) worseRows++;
            }

            string line = $"{name,-18} {ours:e4} / {theirs:e4} = {ours / theirs:f4}, {worseRows} rows worse";
            output.WriteLine(line);
            if (worseRows > 0) failures.Add(line);
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static float[] RoundTrip(ElementType type, float[] x, float[]? importance)
    {
        var bytes = new byte[type.RowBytes(x.Length)];
        var y = new float[x.Length];
        fixed (float* xp = x, yp = y, w = importance)
        fixed (byte* b = bytes)
        {
            BlockCodec.Quantise(type, xp, b, x.Length, w);
            BlockCodec.Dequantise(type, b, yp, x.Length);
        }

        return y;
    }

    private static double Error(ReadOnlySpan<float> x, ReadOnlySpan<float> y, float[]? w)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += (w is null ? 1.0 : w[i]) * ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
        return sum;
    }
}
