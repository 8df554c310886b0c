using System.Buffers.Binary;
using Lapwing.Formats.Files;
using Lapwing.Formats.Safetensors;
using Lapwing.Fuzz.Mutation;
using Lapwing.Tensors;

namespace Lapwing.Fuzz.Targets;

/// <summary>Safetensors files: header, layout and every tensor's bytes.</summary>
internal sealed class SafetensorsTarget : FuzzTarget
{
    private static readonly string[] Words =
    [
        "dtype", "shape", "data_offsets", "__metadata__", "format", "pt", "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "U16", "F8_E4M3", "F4", "C64", "a", "b",
    ];

    public override string Name => "safetensors";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return TemporaryFile.Content(new SafetensorsWriter().AddTensor("a", ElementType.F32, [2, 3], new byte[24]).AddTensor("b", ElementType.BF16, [5], new byte[10])
            .AddTensor("c", ElementType.I8, [], new byte[1]).AddTensor("d", ElementType.I64, [0, 4], Array.Empty<byte>()).Write);
        yield return TemporaryFile.Content(new SafetensorsWriter().Write);
        yield return WithHeader("""{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"BOOL","shape":[1,1,1,1,1],"data_offsets":[3,4]}}"""u8, [1, 2, 3, 1]);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (input.Length < 8) return mutator.Bytes(input);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(input);
        if (length > (ulong)(input.Length - 8) || mutator.Random.Next(8) == 0) return mutator.Bytes(input);
        byte[] header = input[8..(8 + (int)length)];
        byte[] data = input[(8 + (int)length)..];
        if (mutator.Random.Next(6) == 0) data = mutator.Random.Next(2) == 0 ? [.. data, 0] : new byte[mutator.Random.Next(64)];
        else header = JsonMutator.Change(header, mutator, Words);
        return WithHeader(header, data);
    }

    public override string Run(byte[] input)
    {
        using var file = SafetensorsFile.Open(new InputMemory("model.safetensors", input));
        long sum = 0;
        foreach (var tensor in file.Tensors.Values)
        {
            foreach (byte b in tensor.Span) sum += b;
            var matrix = tensor.AsMatrix();
            if (matrix.RowBytes * matrix.Rows != tensor.Bytes) throw new InvalidOperationException($"{tensor}: {tensor.Bytes} bytes");
        }
        long covered = file.Tensors.Values.Sum(t => t.Bytes);
        if (covered != input.Length - 8 - BinaryPrimitives.ReadInt64LittleEndian(input)) throw new InvalidOperationException($"tensors cover {covered} bytes");
        return $"tensors {Math.Min(file.Tensors.Count, 3)}, metadata {Math.Min(file.Metadata.Count, 2)}";
    }

    private static byte[] WithHeader(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data) => [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data];
}
