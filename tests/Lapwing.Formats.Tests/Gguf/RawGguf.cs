using System.Text;

namespace Lapwing.Formats.Tests.Gguf;

/// <summary>A GGUF file laid out by hand, so that every field can be wrong. Written from the specification, not with the writer under test.</summary>
internal sealed class RawGguf
{
    public uint Version { get; set; } = 3;

    public ulong? TensorCount { get; set; }

    public ulong? EntryCount { get; set; }

    public List<byte[]> Entries { get; } = [];

    public List<byte[]> Tensors { get; } = [];

    public byte[] Data { get; set; } = [];

    public int Alignment { get; set; } = 32;

    public RawGguf Entry(string key, uint type, params byte[][] value)
    {
        Entries.Add([.. String(key), .. U32(type), .. value.SelectMany(v => v)]);
        return this;
    }

    public RawGguf Tensor(string name, ulong[] innermostFirst, uint type = 0, ulong offset = 0)
    {
        Tensors.Add([.. String(name), .. U32((uint)innermostFirst.Length), .. innermostFirst.SelectMany(U64), .. U32(type), .. U64(offset)]);
        return this;
    }

    public RawGguf WithData(int bytes)
    {
        Data = [.. Enumerable.Range(0, bytes).Select(i => (byte)(i * 7 + 1))];
        return this;
    }

    public byte[] ToArray()
    {
        var all = new List<byte>("GGUF"u8.ToArray());
        all.AddRange(U32(Version));
        all.AddRange(U64(TensorCount ?? (ulong)Tensors.Count));
        all.AddRange(U64(EntryCount ?? (ulong)Entries.Count));
        foreach (byte[] entry in Entries) all.AddRange(entry);
        foreach (byte[] tensor in Tensors) all.AddRange(tensor);
        while (Data.Length > 0 && all.Count % Alignment != 0) all.Add(0);
        all.AddRange(Data);
        return [.. all];
    }

    public static byte[] U16(ushort value) => BitConverter.GetBytes(value);

    public static byte[] U32(uint value) => BitConverter.GetBytes(value);

    public static byte[] U64(ulong value) => BitConverter.GetBytes(value);

    public static byte[] F32(float value) => BitConverter.GetBytes(value);

    public static byte[] F64(double value) => BitConverter.GetBytes(value);

    public static byte[] String(string text) => String(Encoding.UTF8.GetBytes(text));

    public static byte[] String(byte[] text) => [.. U64((ulong)text.Length), .. text];

    /// <summary>An array's element type and count; elements follow.</summary>
    public static byte[] Array(uint type, ulong count) => [.. U32(type), .. U64(count)];

    /// <summary>Every metadata type, alone and in arrays, arrays of arrays, and three tensors of different types.</summary>
    public static RawGguf Everything() => new RawGguf()
        .Entry("general.architecture", 8, String("test"))
        .Entry("u8", 0, [200]).Entry("i8", 1, [0x80]).Entry("u16", 2, U16(65535)).Entry("i16", 3, U16(0x8000))
        .Entry("u32", 4, U32(uint.MaxValue)).Entry("i32", 5, U32(0x80000000)).Entry("f32", 6, F32(1.5f)).Entry("bool", 7, [1])
        .Entry("u64", 10, U64(ulong.MaxValue)).Entry("i64", 11, U64(1UL << 63)).Entry("f64", 12, F64(-2.25))
        .Entry("empty string", 8, String(""))
        .Entry("a.u8", 9, Array(0, 3), [1, 2, 255]).Entry("a.i8", 9, Array(1, 2), [0xFF, 1]).Entry("a.u16", 9, Array(2, 2), U16(1), U16(65535))
        .Entry("a.i16", 9, Array(3, 1), U16(0xFFFF)).Entry("a.u32", 9, Array(4, 2), U32(7), U32(uint.MaxValue)).Entry("a.i32", 9, Array(5, 2), U32(8), U32(uint.MaxValue))
        .Entry("a.f32", 9, Array(6, 2), F32(0.5f), F32(-1)).Entry("a.bool", 9, Array(7, 3), [1, 0, 1]).Entry("a.str", 9, Array(8, 3), String("one"), String(""), String([0xE2, 0x82]))
        .Entry("a.u64", 9, Array(10, 1), U64(ulong.MaxValue)).Entry("a.i64", 9, Array(11, 1), U64(ulong.MaxValue)).Entry("a.f64", 9, Array(12, 1), F64(1e300))
        .Entry("a.empty", 9, Array(5, 0)).Entry("a.a", 9, Array(9, 2), Array(5, 2), U32(1), U32(2), Array(8, 1), String("in"))
        .Tensor("plain", [3, 2], 0, 0).Tensor("block", [32, 2], 8, 32).Tensor("half", [4], 1, 128)
        .WithData(136);
}
