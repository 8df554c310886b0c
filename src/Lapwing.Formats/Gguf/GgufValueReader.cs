using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Lapwing.Formats.Files;

namespace Lapwing.Formats.Gguf;

/// <summary>Reads names and metadata values.</summary>
internal static class GgufValueReader
{
    /// <summary>The specification's limit.</summary>
    public const int LongestKey = 65535;

    /// <summary>Arrays in arrays: no known file has one; what is deeper than this is an attack on the stack.</summary>
    private const int DeepestArray = 4;

    /// <summary>A nested array's element type and count.</summary>
    private const int SmallestArray = 4 + 8;

    public static string ReadName(BoundedReader reader, string what, int longest)
    {
        long length = reader.ReadCount(1, $"the length of a {what}");
        if (length == 0) throw reader.Input.Bad($"the {what} at byte {reader.Position} is empty");
        if (length > longest) throw reader.Input.Bad($"the {what} at byte {reader.Position} is {length} bytes long; the limit is {longest}");
        byte[] bytes = reader.ReadBytes(length, what);
        try
        {
            return Wording.StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw reader.Input.Bad($"the {what} at byte {reader.Position - length} is not UTF-8");
        }
    }

    public static GgufValue ReadValue(BoundedReader reader, string key)
    {
        uint type = reader.ReadUInt32($"the type of metadata key {Wording.Quote(key)}");
        return Read(reader, type, key, $"metadata key {Wording.Quote(key)}", 0);
    }

    private static GgufValue Read(BoundedReader reader, uint type, string key, string what, int depth) => (GgufType)type switch
    {
        GgufType.UInt8 => GgufValue.Of(reader.ReadByte(what)),
        GgufType.Int8 => GgufValue.Of((sbyte)reader.ReadByte(what)),
        GgufType.UInt16 => GgufValue.Of(Array<ushort>(reader, 1, what)[0]),
        GgufType.Int16 => GgufValue.Of(Array<short>(reader, 1, what)[0]),
        GgufType.UInt32 => GgufValue.Of(reader.ReadUInt32(what)),
        GgufType.Int32 => GgufValue.Of((int)reader.ReadUInt32(what)),
        GgufType.Float32 => GgufValue.Of(BitConverter.UInt32BitsToSingle(reader.ReadUInt32(what))),
        GgufType.Bool => GgufValue.Of(ReadBools(reader, 1, what)[0]),
        GgufType.String => GgufValue.Of(reader.ReadBytes(reader.ReadCount(1, $"the length of {what}"), what)),
        GgufType.Array => ReadArray(reader, key, what, depth),
        GgufType.UInt64 => GgufValue.Of(reader.ReadUInt64(what)),
        GgufType.Int64 => GgufValue.Of((long)reader.ReadUInt64(what)),
        GgufType.Float64 => GgufValue.Of(BitConverter.UInt64BitsToDouble(reader.ReadUInt64(what))),
        _ => throw reader.Input.Bad($"{what} has type {type}, which does not exist"),
    };

    private static GgufValue ReadArray(BoundedReader reader, string key, string what, int depth)
    {
        if (depth == DeepestArray) throw reader.Input.Bad($"{what} nests arrays more than {DeepestArray} deep");
        uint type = reader.ReadUInt32($"the element type of {what}");
        string count = $"the number of elements of {what}";
        return (GgufType)type switch
        {
            GgufType.UInt8 => GgufValue.ArrayOf(Array<byte>(reader, reader.ReadCount(1, count), what)),
            GgufType.Int8 => GgufValue.ArrayOf(Array<sbyte>(reader, reader.ReadCount(1, count), what)),
            GgufType.UInt16 => GgufValue.ArrayOf(Array<ushort>(reader, reader.ReadCount(2, count), what)),
            GgufType.Int16 => GgufValue.ArrayOf(Array<short>(reader, reader.ReadCount(2, count), what)),
            GgufType.UInt32 => GgufValue.ArrayOf(Array<uint>(reader, reader.ReadCount(4, count), what)),
            GgufType.Int32 => GgufValue.ArrayOf(Array<int>(reader, reader.ReadCount(4, count), what)),
            GgufType.Float32 => GgufValue.ArrayOf(Array<float>(reader, reader.ReadCount(4, count), what)),
            GgufType.Bool => GgufValue.ArrayOf(ReadBools(reader, reader.ReadCount(1, count), what)),
            GgufType.String => GgufValue.ArrayOf(ReadStrings(reader, reader.ReadCount(8, count), what)),
            GgufType.Array => ReadArrays(reader, reader.ReadCount(SmallestArray, count), key, what, depth),
            GgufType.UInt64 => GgufValue.ArrayOf(Array<ulong>(reader, reader.ReadCount(8, count), what)),
            GgufType.Int64 => GgufValue.ArrayOf(Array<long>(reader, reader.ReadCount(8, count), what)),
            GgufType.Float64 => GgufValue.ArrayOf(Array<double>(reader, reader.ReadCount(8, count), what)),
            _ => throw reader.Input.Bad($"{what} has elements of type {type}, which does not exist"),
        };
    }

    private static unsafe T[] Array<T>(BoundedReader reader, long count, string what)
        where T : unmanaged
    {
        if (count * sizeof(T) > int.MaxValue) throw reader.Input.Beyond($"{what} has {count} elements, more than the 2 GiB that this version reads");
        var values = new T[count];
        reader.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()), what);
        return values;
    }

    private static bool[] ReadBools(BoundedReader reader, long count, string what)
    {
        byte[] bytes = Array<byte>(reader, count, what);
        int bad = bytes.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)1);
        if (bad >= 0) throw reader.Input.Bad($"{what} holds {bytes[bad]} as a truth value; only 0 and 1 are");
        return System.Array.ConvertAll(bytes, b => b == 1);
    }

    private static GgufStringArray ReadStrings(BoundedReader reader, long count, string what)
    {
        if (count > System.Array.MaxLength / sizeof(int)) throw reader.Input.Beyond($"{what} has {count} strings, more than this version reads");
        int[] ends = new int[count];
        // Grows by doubling, so that a file that lies about its count costs no more than what it holds.
        byte[] content = new byte[(int)Math.Min(reader.Left, Math.Max(256, Math.Min(count * 8, 1 << 24)))];
        Span<byte> lengthBytes = stackalloc byte[8];
        int used = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            reader.ReadExactly(lengthBytes, what);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
            if (length > (ulong)reader.Left) throw reader.Input.Bad($"string {i} of {what} has {length} bytes, but only {reader.Left} follow");
            if ((long)length > System.Array.MaxLength - used) throw reader.Input.Beyond($"{what} holds more than the 2 GiB of text that this version reads");
            int end = used + (int)length;
            if (end > content.Length) System.Array.Resize(ref content, (int)Math.Min(System.Array.MaxLength, Math.Max(end, content.Length * 2L)));
            reader.ReadExactly(content.AsSpan(used, (int)length), what);
            ends[i] = used = end;
        }
        return new GgufStringArray(content, ends);
    }

    private static GgufValue ReadArrays(BoundedReader reader, long count, string key, string what, int depth)
    {
        if (count > System.Array.MaxLength / 8) throw reader.Input.Beyond($"{what} has {count} arrays, more than this version reads");
        var arrays = new List<GgufValue>();
        for (long i = 0; i < count; i++) arrays.Add(ReadArray(reader, key, what, depth + 1));
        return GgufValue.ArrayOf([.. arrays]);
    }
}
