using Lapwing.Formats.Gguf;
using static Lapwing.Formats.Tests.Gguf.RawGguf;

namespace Lapwing.Formats.Tests.Gguf;

/// <summary>Each damaged file ends in one clear error. The cases are those of ggml's test-gguf and of published vulnerabilities.</summary>
public sealed class GgufBadInputTests
{
    [Fact]
    public void A_file_with_another_magic_number() => Refused([.. "GGML"u8, .. Everything().ToArray()[4..]], "is no GGUF file");

    [Fact]
    public void Version_0() => Refused(new RawGguf { Version = 0 }, "version 0");

    [Fact]
    public void Version_1() => Refused(new RawGguf { Version = 1 }, "version 1 (2023) is not read");

    [Fact]
    public void A_version_of_the_future() => Refused(new RawGguf { Version = 4 }, "newer than this program");

    [Fact]
    public void A_byte_swapped_version() => Refused(new RawGguf { Version = 0x03000000 }, "big-endian");

    [Theory]
    [InlineData(1ul)]
    [InlineData(1ul << 31)]
    [InlineData(1ul << 60)]
    [InlineData(ulong.MaxValue)]
    public void A_number_of_tensors_that_the_file_cannot_hold(ulong count) => Refused(new RawGguf { TensorCount = count }, $"the number of tensors is {count}");

    [Theory]
    [InlineData(1ul)]
    [InlineData(1ul << 31)]
    [InlineData(ulong.MaxValue)]
    public void A_number_of_metadata_entries_that_the_file_cannot_hold(ulong count) => Refused(new RawGguf { EntryCount = count }, $"the number of metadata entries is {count}");

    [Fact]
    public void An_empty_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("is empty", Assert.Throws<InvalidDataException>(() => GgufFile.Open(folder.Write("empty.gguf", []))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_without_the_rest_that_it_announces() => Refused(Everything().ToArray()[..24], "the number of tensors");

    [Fact]
    public void A_file_cut_short_at_any_byte()
    {
        byte[] whole = Everything().ToArray();
        for (int length = 1; length < whole.Length; length++) Refused(whole[..length]);
    }

    [Fact]
    public void A_file_cut_short_at_any_byte_with_each_way_of_loading()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = Everything().ToArray();
        for (int length = 1; length < whole.Length; length += 7)
        {
            string path = folder.Write("cut.gguf", whole[..length]);
            Assert.Throws<InvalidDataException>(() => GgufFile.Open(path, FileLoading.Map));
            Assert.Throws<InvalidDataException>(() => GgufFile.Open(path, FileLoading.Copy));
        }
    }

    [Fact]
    public void A_key_longer_than_the_file() => Refused(new RawGguf { Entries = { (byte[])[.. U64(1ul << 40), .. new byte[40]] } }, "the length of a metadata key is 1099511627776");

    [Fact]
    public void A_key_longer_than_the_format_allows() => Refused(new RawGguf().Entry(new string('k', 65536), 7, [1]), "the limit is 65535");

    [Fact]
    public void An_empty_key() => Refused(new RawGguf().Entry("", 7, [1], new byte[8]), "is empty");

    [Fact]
    public void A_key_that_is_not_utf8() => Refused(new RawGguf { Entries = { (byte[])[.. RawGguf.String([0x61, 0xFF]), .. U32(4), .. U32(1)] } }, "is not UTF-8");

    [Fact]
    public void A_key_that_stands_twice() => Refused(new RawGguf().Entry("k", 7, [1]).Entry("k", 7, [0]), "'k' stands twice");

    [Theory]
    [InlineData(13u)]
    [InlineData(255u)]
    [InlineData(uint.MaxValue)]
    public void A_metadata_type_that_does_not_exist(uint type) => Refused(new RawGguf().Entry("k", type, new byte[8]), $"has type {type}");

    [Fact]
    public void An_array_of_a_type_that_does_not_exist() => Refused(new RawGguf().Entry("k", 9, RawGguf.Array(13, 1), new byte[8]), "elements of type 13");

    [Fact]
    public void Arrays_nested_too_deep() => Refused(new RawGguf().Entry("k", 9, [.. Enumerable.Repeat(RawGguf.Array(9, 1), 1000), RawGguf.Array(0, 0)]), "nests arrays");

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(4u)]
    [InlineData(5u)]
    [InlineData(6u)]
    [InlineData(7u)]
    [InlineData(8u)]
    [InlineData(9u)]
    [InlineData(10u)]
    [InlineData(11u)]
    [InlineData(12u)]
    public void An_array_longer_than_the_file(uint type)
    {
        foreach (ulong count in (ulong[])[100, 1ul << 32, (1ul << 61) + 1, ulong.MaxValue])
            Refused(new RawGguf().Entry("k", 9, RawGguf.Array(type, count), new byte[30]), $"the number of elements of metadata key 'k' is {count}");
    }

    [Theory]
    [InlineData(100ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void A_string_longer_than_the_file(ulong length) => Refused(new RawGguf().Entry("k", 8, U64(length), new byte[20]), "'k' is " + length);

    [Theory]
    [InlineData(100ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void A_string_in_an_array_longer_than_the_file(ulong length) =>
        Refused(new RawGguf().Entry("k", 9, RawGguf.Array(8, 2), RawGguf.String("a"), U64(length), new byte[20]), "string 1 of metadata key 'k'");

    [Fact]
    public void A_truth_value_that_is_neither_0_nor_1()
    {
        Refused(new RawGguf().Entry("k", 7, [2]), "holds 2 as a truth value");
        Refused(new RawGguf().Entry("k", 9, RawGguf.Array(7, 2), [1, 255]), "holds 255 as a truth value");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(33u)]
    [InlineData(48u)]
    [InlineData(1u << 31)]
    [InlineData(uint.MaxValue)]
    public void An_alignment_that_is_none(uint alignment) => Refused(new RawGguf().Entry("general.alignment", 4, U32(alignment)), $"general.alignment is {alignment}");

    [Fact]
    public void An_alignment_of_another_type() => Refused(new RawGguf().Entry("general.alignment", 10, U64(32)), "general.alignment is UInt64");

    [Fact]
    public void An_alignment_larger_than_the_file() => Refused(new RawGguf().Entry("general.alignment", 4, U32(1 << 30)).Tensor("t", [1]).WithData(64), "needs 4 bytes at offset 0 of 0 bytes");

    [Fact]
    public void A_tensor_name_that_is_too_long() => Refused(new RawGguf().Tensor(new string('t', 65), [1]).WithData(32), "the limit is 64");

    [Fact]
    public void A_tensor_name_that_is_empty() => Refused(new RawGguf().Tensor("", [1]).WithData(32), "is empty");

    [Fact]
    public void A_tensor_name_that_is_not_utf8() =>
        Refused(new RawGguf { Tensors = { (byte[])[.. RawGguf.String([0xC0, 0x80]), .. U32(1), .. U64(1), .. U32(0), .. U64(0)] } }.WithData(32), "is not UTF-8");

    [Fact]
    public void A_tensor_that_stands_twice() => Refused(new RawGguf().Tensor("t", [8]).Tensor("t", [8], 0, 32).WithData(64), "'t' stands twice");

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(100)]
    public void A_number_of_dimensions_that_no_tensor_has(int dimensions) =>
        Refused(new RawGguf().Tensor("t", [.. Enumerable.Repeat(1ul, dimensions)]).WithData(32), $"has {dimensions} dimensions");

    [Fact]
    public void A_number_of_dimensions_larger_than_any_memory() =>
        Refused(new RawGguf { Tensors = { (byte[])[.. RawGguf.String("t"), .. U32(uint.MaxValue), .. new byte[64]] } }, "has 4294967295 dimensions");

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void An_extent_of_zero_or_below(ulong extent)
    {
        Refused(new RawGguf().Tensor("t", [extent]).WithData(32), "has an extent of");
        Refused(new RawGguf().Tensor("t", [4, extent]).WithData(32), "has an extent of");
    }

    [Fact]
    public void Extents_whose_product_overflows() => Refused(new RawGguf().Tensor("t", [1ul << 31, 1ul << 31, 1ul << 31]).WithData(32), "does not fit 63 bits");

    [Fact]
    public void A_product_that_wraps_round_to_something_small() => Refused(new RawGguf().Tensor("t", [1ul << 32, 1ul << 32, 2]).WithData(32), "does not fit 63 bits");

    [Fact]
    public void A_size_in_bytes_that_overflows() => Refused(new RawGguf().Tensor("t", [1ul << 61, 2]).WithData(32), "does not fit 63 bits");

    [Theory]
    [InlineData(4u)]
    [InlineData(31u)]
    [InlineData(99u)]
    [InlineData(uint.MaxValue)]
    public void An_element_type_that_is_unknown(uint type) => Refused(new RawGguf().Tensor("t", [32], type).WithData(64), $"element type {type}");

    [Fact]
    public void A_row_that_is_no_whole_number_of_blocks()
    {
        Refused(new RawGguf().Tensor("t", [31], 8).WithData(64), "no whole number of Q8_0 blocks of 32");
        Refused(new RawGguf().Tensor("t", [128, 2], 12).WithData(160), "no whole number of Q4_K blocks of 256");
    }

    [Fact]
    public void An_offset_that_is_not_aligned() => Refused(new RawGguf().Tensor("a", [1]).Tensor("b", [1], 0, 4).WithData(64), "no multiple of the alignment");

    [Theory]
    [InlineData(64ul)]
    [InlineData(1ul << 40)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue - 31)]
    public void An_offset_beyond_the_end(ulong offset) => Refused(new RawGguf().Tensor("a", [8]).Tensor("b", [8], 0, offset).WithData(64), "of 64 bytes of data");

    [Fact]
    public void Tensors_that_overlap()
    {
        Refused(new RawGguf().Tensor("a", [16]).Tensor("b", [8], 0, 32).WithData(64), "overlaps");
        Refused(new RawGguf().Tensor("a", [8]).Tensor("b", [8]).WithData(64), "overlaps");
    }

    [Fact]
    public void A_hole_between_tensors() => Refused(new RawGguf().Tensor("a", [8]).Tensor("b", [8], 0, 64).WithData(96), "a hole");

    [Fact]
    public void A_hole_before_the_first_tensor() => Refused(new RawGguf().Tensor("a", [8], 0, 32).WithData(64), "a hole");

    [Fact]
    public void Data_shorter_than_declared() => Refused(new RawGguf().Tensor("a", [1024]).WithData(4095), "needs 4096 bytes at offset 0 of 4095");

    [Fact]
    public void Data_that_no_tensor_owns()
    {
        Refused(new RawGguf().Tensor("a", [8]).WithData(64), "belong to none");
        Refused([.. new RawGguf().Entry("k", 7, [1]).ToArray(), .. new byte[32]], "belong to none");
    }

    [Fact]
    public void Names_with_control_characters_stay_on_one_line() => Refused(new RawGguf().Entry("a\n\u001b[2J", 13), "'a\\u000a\\u001b[2J'");

    private static void Refused(RawGguf raw, string words) => Refused(raw.ToArray(), words);

    private static void Refused(byte[] content, string words = "")
    {
        var error = Assert.ThrowsAny<Exception>(() => GgufReadingTests.Open(content).Dispose());
        Assert.True(error is InvalidDataException or NotSupportedException, error.ToString());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("memory.gguf", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
