using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Lapwing.Testing;

namespace Lapwing.Tensors.Tests.Blocks;

/// <summary>The 12 × 512 numbers that ggml quantised to every type, and what it dequantises them to.</summary>
internal sealed class ReferenceVectors
{
    public const int Rows = 12, Columns = 512;
    private readonly Dictionary<string, (ElementType Type, byte[] Bytes)> tensors = [];
    private readonly Dictionary<string, float[]> floats = [];

    private ReferenceVectors()
    {
        ReadGguf(File.ReadAllBytes(SharedFolder.Path("models/quant-vectors/all.gguf")));
        ReadSafetensors(File.ReadAllBytes(SharedFolder.Path("models/quant-vectors/expected.safetensors")));
    }

    public static ReferenceVectors Load() => new();

    public IEnumerable<string> Names => tensors.Keys;

    public (ElementType Type, byte[] Bytes) Quantised(string name) => tensors[name];

    public float[] Floats(string name) => floats[name];

    // As much of GGUF as this one file needs: string metadata, two-dimensional tensors.
    private void ReadGguf(byte[] file)
    {
        int at = 8;
        long count = Int64(), pairs = Int64();
        for (; pairs > 0; pairs--)
        {
            Text();
            Assert.Equal(8, Int32());
            Text();
        }

        var infos = new List<(string Name, ElementType Type, long Offset)>();
        for (; count > 0; count--)
        {
            string name = Text();
            Assert.Equal(2, Int32());
            Assert.Equal(Columns, Int64());
            Assert.Equal(Rows, Int64());
            infos.Add((name, (ElementType)Int32(), Int64()));
        }

        int data = (at + 31) / 32 * 32;
        foreach (var (name, type, offset) in infos)
            tensors[name] = (type, file.AsSpan(data + (int)offset, (int)type.RowBytes(Rows * Columns)).ToArray());

        int Int32() => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan((at += 4) - 4));
        long Int64() => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan((at += 8) - 8));
        string Text()
        {
            int length = (int)Int64();
            return Encoding.UTF8.GetString(file, (at += length) - length, length);
        }
    }

    private void ReadSafetensors(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var header = JsonDocument.Parse(file.AsMemory(8, length));
        foreach (var tensor in header.RootElement.EnumerateObject())
        {
            if (tensor.Name == "__metadata__") continue;
            var range = tensor.Value.GetProperty("data_offsets");
            int start = range[0].GetInt32(), end = range[1].GetInt32();
            floats[tensor.Name] = MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + length + start, end - start)).ToArray();
        }
    }
}
