namespace Lapwing.Tensors.Tests.Kernels;

/// <summary>Native vectors for kernel tests, with guard floats behind the end that no kernel may touch.</summary>
internal sealed unsafe class Vectors : IDisposable
{
    private const int Guard = 32;
    private readonly List<(NativeBuffer Buffer, long Bytes)> buffers = [];

    public static readonly int[] Lengths = [.. Enumerable.Range(0, 101), 127, 128, 129, 255, 256, 257, 576, 1536];

    public static IEnumerable<TheoryDataRow<InstructionLevel>> Levels => InstructionLevels.Available.Select(level => new TheoryDataRow<InstructionLevel>(level));

    public float* Floats(params ReadOnlySpan<float> values)
    {
        float* p = Floats(values.Length);
        values.CopyTo(new Span<float>(p, values.Length));
        return p;
    }

    public float* Floats(long count) => (float*)Bytes(count * sizeof(float));

    public byte* Bytes(long count)
    {
        var buffer = new NativeBuffer(count + Guard * sizeof(float));
        buffers.Add((buffer, count));
        for (int i = 0; i < Guard * sizeof(float); i++) buffer.Data[count + i] = 0x5a;
        return buffer.Data;
    }

    public float* Random(Random random, long count, float scale = 1)
    {
        float* p = Floats(count);
        for (long i = 0; i < count; i++) p[i] = scale * Normal(random);
        return p;
    }

    public static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    public static void SameBits(float* expected, float* actual, long count, string what)
    {
        for (long i = 0; i < count; i++)
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
    }

    /// <summary>Checks the guards, frees the memory.</summary>
    public void Dispose()
    {
        foreach (var (buffer, count) in buffers)
        {
            for (int i = 0; i < Guard * sizeof(float); i++) Assert.True(buffer.Data[count + i] == 0x5a, "a kernel wrote beyond its output");
            buffer.Dispose();
        }
    }
}
