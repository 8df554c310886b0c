using System.Buffers.Binary;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Changes a safetensors file by its header's tokens; the length of the header stays right.</summary>
internal static class SafetensorsMutator
{
    private static readonly string[] Words =
    [
        "dtype", "shape", "data_offsets", "__metadata__", "format", "pt", "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "U16", "F8_E4M3", "F4", "C64", "a", "b",
    ];

    /// <summary>One change of the header, or of the data behind it.</summary>
    public static byte[] Change(byte[] input, Mutator mutator)
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

    /// <summary>A file of this header and data.</summary>
    public static byte[] WithHeader(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data) => [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data];
}
