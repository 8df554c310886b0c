using System.Buffers.Binary;
using Lapwing.Formats.Files;
using Lapwing.Formats.Safetensors;
using Lapwing.Fuzz.Mutation;
using Lapwing.Tensors;

namespace Lapwing.Fuzz.Targets;

/// <summary>Safetensors files: header, layout and every tensor's bytes.</summary>
internal sealed class SafetensorsTarget : FuzzTarget
{
    public override string Name => "safetensors";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return TemporaryFile.Content(new SafetensorsWriter().AddTensor("a", ElementType.F32, [2, 3], new byte[24]).AddTensor("b", ElementType.BF16, [5], new byte[10])
            .AddTensor("c", ElementType.I8, [], new byte[1]).AddTensor("d", ElementType.I64, [0, 4], Array.Empty<byte>()).Write);
        yield return TemporaryFile.Content(new SafetensorsWriter().Write);
        yield return SafetensorsMutator.WithHeader("""{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"BOOL","shape":[1,1,1,1,1],"data_offsets":[3,4]}}"""u8, [1, 2, 3, 1]);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => SafetensorsMutator.Change(input, mutator);

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
}
