using System.Text;
using Lapwing.Formats.Files;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests.Gguf;

/// <summary>What a well-formed GGUF file says is what comes out.</summary>
public sealed class GgufReadingTests
{
    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Every_metadata_type_is_read(uint version)
    {
        var raw = RawGguf.Everything();
        raw.Version = version;
        using var file = Open(raw.ToArray());
        var m = file.Metadata;
        Assert.Equal(version, file.Version);
        Assert.Equal(32, file.Alignment);
        Assert.Equal(200u, m.GetUInt32("u8"));
        Assert.Equal(-128, m.GetInt32("i8"));
        Assert.Equal(65535, m.GetInt32("u16"));
        Assert.Equal(-32768, m.GetInt64("i16"));
        Assert.Equal(uint.MaxValue, m.GetUInt32("u32"));
        Assert.Equal(int.MinValue, m.GetInt32("i32"));
        Assert.Equal(1.5f, m.GetSingle("f32"));
        Assert.True(m.GetBool("bool"));
        Assert.Equal(ulong.MaxValue, m.GetInteger<ulong>("u64"));
        Assert.Equal(long.MinValue, m.GetInt64("i64"));
        Assert.Equal(-2.25, m.GetDouble("f64"));
        Assert.Equal("", m.GetString("empty string"));
        Assert.Equal([1, 2, 255], m.GetInt32s("a.u8"));
        Assert.Equal([-1, 1], m.GetInt32s("a.i8"));
        Assert.Equal([1, 65535], m.GetInt32s("a.u16"));
        Assert.Equal([-1], m.GetInt32s("a.i16"));
        Assert.Equal([7, uint.MaxValue], m.GetIntegers<uint>("a.u32"));
        Assert.Equal([8, -1], m.GetInt32s("a.i32"));
        Assert.Equal([0.5f, -1], m.GetSingles("a.f32"));
        Assert.Equal([true, false, true], m.GetBools("a.bool"));
        Assert.Equal(["one", "", "\uFFFD"], m.GetStrings("a.str"));
        Assert.Equal([0xE2, 0x82], m.GetStringArray("a.str").Bytes(2).ToArray());
        Assert.Equal([ulong.MaxValue], m.GetIntegers<ulong>("a.u64"));
        Assert.Equal([-1], m.GetInt32s("a.i64"));
        Assert.Equal(1e300, m["a.f64"].ArrayAs<double>()[0]);
        Assert.Empty(m.GetInt32s("a.empty"));
        Assert.Equal([1, 2], m["a.a"].Arrays[0].ArrayAs<int>().ToArray());
        Assert.Equal(["in"], m["a.a"].Arrays[1].Strings);
        Assert.Equal(raw.Entries.Count, m.Count);
        Assert.Equal("general.architecture", m.Keys.First());
    }

    [Fact]
    public unsafe void Tensors_lie_where_the_table_says_and_shapes_are_outermost_first()
    {
        var raw = RawGguf.Everything();
        using var file = Open(raw.ToArray());
        Assert.Equal(["plain", "block", "half"], file.Tensors.Keys);
        var block = file.Tensors["block"];
        Assert.Equal(ElementType.Q8_0, block.Type);
        Assert.Equal([2, 32], block.Shape);
        Assert.Equal(68, block.Bytes);
        Assert.Equal(64, block.Count);
        Assert.True(block.Span.SequenceEqual(raw.Data.AsSpan(32, 68)));
        Assert.Equal((nint)block.Data, block.Address);
        var matrix = file.Tensors["plain"].AsMatrix();
        Assert.Equal((2, 3), (matrix.Rows, matrix.Columns));
        var vector = file.Tensors["half"].AsMatrix();
        Assert.Equal((1, 4), (vector.Rows, vector.Columns));
    }

    [Fact]
    public void More_than_two_dimensions_flatten_into_rows()
    {
        using var file = Open(new RawGguf().Tensor("t", [4, 3, 2, 5]).WithData(480).ToArray());
        Assert.Equal([5, 2, 3, 4], file.Tensors["t"].Shape);
        Assert.Equal(30, file.Tensors["t"].AsMatrix().Rows);
    }

    [Fact]
    public void An_alignment_of_the_files_own_is_honoured()
    {
        var raw = new RawGguf { Alignment = 128 }.Entry("general.alignment", 4, RawGguf.U32(128)).Tensor("a", [4]).Tensor("b", [4], 0, 128).WithData(144);
        using var file = Open(raw.ToArray());
        Assert.Equal(128, file.Alignment);
        Assert.True(file.Tensors["b"].Span.SequenceEqual(raw.Data.AsSpan(128, 16)));
    }

    [Fact]
    public void Padding_after_the_last_tensor_is_allowed()
    {
        using var file = Open(new RawGguf().Tensor("a", [1]).WithData(32).ToArray());
        Assert.Equal(4, file.Tensors["a"].Bytes);
    }

    [Fact]
    public void Tensors_may_lie_in_another_order_than_the_table_lists_them()
    {
        var raw = new RawGguf().Tensor("second", [8], 0, 32).Tensor("first", [8]).WithData(64);
        using var file = Open(raw.ToArray());
        Assert.Equal(["second", "first"], file.Tensors.Keys);
        Assert.True(file.Tensors["first"].Span.SequenceEqual(raw.Data.AsSpan(0, 32)));
    }

    [Fact]
    public void A_file_without_tensors_may_end_after_its_metadata_or_be_padded()
    {
        byte[] bare = new RawGguf().Entry("k", 7, [0]).ToArray();
        using var one = Open(bare);
        using var other = Open([.. bare, .. new byte[20]]);
        Assert.Empty(other.Tensors);
        Assert.Empty(one.Tensors);
    }

    [Fact]
    public void Getters_widen_and_narrow_where_the_value_fits_and_refuse_where_not()
    {
        using var file = Open(RawGguf.Everything().ToArray());
        var m = file.Metadata;
        Assert.Equal(200, m.GetSingle("u8"));
        Refuses(() => m.GetUInt32("i8"), "'i8'");
        Refuses(() => m.GetInt32("u32"), "4294967295");
        Refuses(() => m.GetInt64("u64"), "'u64'");
        Refuses(() => m.GetInt32("f32"), "Float32");
        Refuses(() => m.GetBool("u8"), "truth value");
        Refuses(() => m.GetString("u8"), "a string");
        Refuses(() => m.GetSingle("empty string"), "a number");
        Refuses(() => m.GetInt32s("a.u32"), "array of UInt32");
        Refuses(() => m.GetStrings("a.u32"), "array of strings");
        Refuses(() => m.GetSingles("a.a"), "array of Array");
        Refuses(() => m.GetInt32("absent"), "'absent' is missing");
        Refuses(() => _ = m["absent"], "memory");
        Assert.Equal(5, m.GetInt32OrDefault("absent", 5));
        Assert.Equal(5u, m.GetUInt32OrDefault("absent", 5));
        Assert.Equal(5, m.GetInt64OrDefault("absent", 5));
        Assert.Equal(5, m.GetSingleOrDefault("absent", 5));
        Assert.True(m.GetBoolOrDefault("absent", true));
        Assert.Null(m.GetStringOrDefault("absent"));
        Assert.Null(m.GetStringsOrDefault("absent"));
        Assert.Null(m.GetSinglesOrDefault("absent"));
        Assert.Null(m.GetInt32sOrDefault("absent"));
    }

    [Fact]
    public void A_value_a_layer_may_be_one_scalar_or_an_array()
    {
        using var file = Open(new RawGguf().Entry("one", 4, RawGguf.U32(8)).Entry("each", 9, RawGguf.Array(5, 3), RawGguf.U32(1), RawGguf.U32(2), RawGguf.U32(3))
            .Entry("flag", 9, RawGguf.Array(7, 2), [1, 0]).Entry("theta", 6, RawGguf.F32(0.5f)).ToArray());
        var m = file.Metadata;
        Assert.Equal([8, 8], m.GetInt32PerLayer("one", 2));
        Assert.Equal([1, 2, 3], m.GetInt32PerLayer("each", 3));
        Assert.Equal([1, 2], m.GetInt32PerLayer("each", 2));
        Refuses(() => m.GetInt32PerLayer("each", 4), "3 elements for 4 layers");
        Assert.Equal([7, 7], m.GetInt32PerLayerOrDefault("absent", 2, 7));
        Assert.Equal([true, false], m.GetBoolPerLayer("flag", 2));
        Assert.Equal([0.5f], m.GetSinglePerLayer("theta", 1));
        Assert.Equal([2f], m.GetSinglePerLayerOrDefault("absent", 1, 2));
    }

    [Fact]
    public void Long_names_and_values_are_cut_in_listings_and_control_characters_spelled_out()
    {
        using var file = Open(new RawGguf().Entry("k", 8, RawGguf.String("a\u001b[31m" + new string('x', 500))).Entry("a.s", 9, RawGguf.Array(8, 5), RawGguf.String("1"), RawGguf.String("2"), RawGguf.String("3"), RawGguf.String("4"), RawGguf.String("5")).ToArray());
        Assert.StartsWith("'a\\u001b[31mxxx", file.Metadata["k"].ToString(), StringComparison.Ordinal);
        Assert.True(file.Metadata["k"].ToString().Length < 120);
        Assert.Equal("['1', '2', '3', '4', …] (5)", file.Metadata["a.s"].ToString());
    }

    [Fact]
    public void Memory_of_a_closed_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        var file = GgufFile.Open(folder.Write("a.gguf", RawGguf.Everything().ToArray()));
        var tensor = file.Tensors["plain"];
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.Address);
    }

    [Theory]
    [InlineData(FileLoading.Map)]
    [InlineData(FileLoading.Copy)]
    public void A_file_may_be_mapped_or_copied(FileLoading loading)
    {
        using var folder = new TemporaryFolder();
        var raw = RawGguf.Everything();
        using var file = GgufFile.Open(folder.Write("a.gguf", raw.ToArray()), loading);
        Assert.True(file.Tensors["block"].Span.SequenceEqual(raw.Data.AsSpan(32, 68)));
        Assert.Equal(folder.File("a.gguf"), file.Tensors["block"].File);
        Assert.Equal([folder.File("a.gguf")], file.Parts);
    }

    [Fact]
    public void A_vocabulary_of_200000_tokens_is_read_without_decoding_it()
    {
        var entry = new List<byte>([.. RawGguf.String("tokens"), .. RawGguf.U32(9), .. RawGguf.Array(8, 200_000)]);
        for (int i = 0; i < 200_000; i++) entry.AddRange(RawGguf.String($"token {i}"));
        var raw = new RawGguf();
        raw.Entries.Add([.. entry]);
        using var file = Open(raw.ToArray());
        var tokens = file.Metadata.GetStringArray("tokens");
        Assert.Equal(200_000, tokens.Count);
        Assert.Equal("token 199999", tokens[199_999]);
        Assert.Equal("token 4711", Encoding.UTF8.GetString(tokens.Bytes(4711)));
    }

    internal static GgufFile Open(byte[] content) => GgufFile.Open("memory.gguf", path => new InputMemory(path, content));

    private static void Refuses(Action action, string words)
    {
        var error = Assert.Throws<InvalidDataException>(action);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("memory.gguf", error.Message, StringComparison.Ordinal);
    }
}
