using System.Text;
using Lapwing.Formats.Safetensors;
using static Lapwing.Formats.Tests.Safetensors.RawSafetensors;

namespace Lapwing.Formats.Tests.Safetensors;

/// <summary>Each damaged file, index or folder ends in one clear error.</summary>
public sealed class SafetensorsBadInputTests
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[3],"data_offsets":[8,11]}}""";

    [Fact]
    public void A_file_of_less_than_8_bytes() => Refused([1, 0, 0, 0, 0], "begins with 8 bytes");

    [Theory]
    [InlineData(1000ul)]
    [InlineData(99_999_999ul)]
    public void A_header_longer_than_the_file(ulong length) => Refused(Make(Good, 11, length), $"the header has {length} bytes");

    [Theory]
    [InlineData(100_000_001ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void A_header_longer_than_the_format_allows(ulong length) => Refused(Make(Good, 11, length), "more than the 100000000");

    [Theory]
    [InlineData("[1]")]
    [InlineData(" {}")]
    [InlineData("\"a\"")]
    [InlineData("")]
    public void A_header_that_does_not_begin_with_a_brace(string header) => Refused(Make(header, 0), "does not begin with '{'");

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a\"")]
    [InlineData("{\"a\":{}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\"")]
    [InlineData("{\"a\":{\"shape\":[1")]
    [InlineData("{\"__metadata__\":{\"a\"")]
    [InlineData("{} x")]
    [InlineData("{}{}")]
    [InlineData("{,}")]
    [InlineData("{\"a\":{},}")]
    [InlineData("{/* */}")]
    [InlineData("{a:1}")]
    [InlineData("{\"a\":NaN}")]
    public void A_header_that_is_no_json(string header) => Refused(Make(header, 0));

    [Fact]
    public void A_header_nested_without_end() => Refused(Make("{" + string.Concat(Enumerable.Repeat("\"a\":{", 100_000)), 0));

    [Fact]
    public void A_header_that_is_not_unicode()
    {
        Refused(Make([.. "{\"a"u8, 0xFF, .. "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"u8], 4));
        Refused(Make("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4), "not Unicode");
    }

    [Fact]
    public void A_file_cut_short_at_any_byte()
    {
        byte[] whole = Make(Good, 11);
        for (int length = 1; length < whole.Length; length++) Refused(whole[..length]);
    }

    [Fact]
    public void A_name_that_stands_twice()
    {
        Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}}""", 2), "'a' stands twice");
        Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}}""", 2), "'a' stands twice");
        Refused(Make("""{"__metadata__":{},"__metadata__":{}}""", 0), "'__metadata__' stands twice");
        Refused(Make("""{"__metadata__":{"k":"1","k":"2"}}""", 0), "'k' twice");
        Refused(Make("""{"a":{"dtype":"I8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1), "'dtype'");
        Refused(Make("""{"a":{"dtype":"I8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1), "'shape'");
        Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""", 1), "'data_offsets'");
    }

    [Theory]
    [InlineData("""{"__metadata__":{"k":1}}""", "is no text")]
    [InlineData("""{"__metadata__":[]}""", "is no object")]
    [InlineData("""{"a":[]}""", "is no object")]
    [InlineData("""{"a":{}}""", "needs dtype")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1]}}""", "needs dtype")]
    [InlineData("""{"a":{"dtype":"I8","data_offsets":[0,1]}}""", "needs dtype")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", "needs dtype")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0]}}""", "needs dtype")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1,2]}}""", "needs dtype")]
    [InlineData("""{"a":{"dtype":"I8","shape":1,"data_offsets":[0,1]}}""", "wrong form")]
    [InlineData("""{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}""", "wrong form")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1],"data_offsets":{}}}""", "wrong form")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"other":0}}""", "'other'")]
    [InlineData("""{"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1.5],"data_offsets":[0,1]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"I8","shape":["1"],"data_offsets":[0,1]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"I8","shape":[[1]],"data_offsets":[0,1]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"I8","shape":[18446744073709551617],"data_offsets":[0,1]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[-1,0]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,1]}}""", "'Q9', which does not exist")]
    public void An_entry_that_is_none(string header, string words) => Refused(Make(header, 1), words);

    [Theory]
    [InlineData("F8_E4M3")]
    [InlineData("F8_E5M2")]
    [InlineData("F8_E8M0")]
    [InlineData("F4")]
    [InlineData("F6_E2M3")]
    [InlineData("U16")]
    [InlineData("U32")]
    [InlineData("U64")]
    [InlineData("C64")]
    public void A_type_that_is_not_read(string type) =>
        Assert.Contains($"type {type}, which this version does not read",
            Assert.Throws<NotSupportedException>(() => Open(Make($$$"""{"a":{"dtype":"{{{type}}}","shape":[1],"data_offsets":[0,1]}}""", 1))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[2]", "[0,4]")]
    [InlineData("[2]", "[0,9]")]
    [InlineData("[0]", "[0,4]")]
    [InlineData("[2]", "[8,0]")]
    public void A_place_that_does_not_fit_the_shape(string shape, string offsets) =>
        Refused(Make($$$"""{"a":{"dtype":"F32","shape":{{{shape}}},"data_offsets":{{{offsets}}}}}""", 9), "but its place is from");

    [Fact]
    public void A_shape_that_overflows()
    {
        Refused(Make("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,0]}}""", 0), "does not fit 63 bits");
        Refused(Make("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0), "does not fit 63 bits");
    }

    [Fact]
    public void Tensors_with_a_hole_between_them() =>
        Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I8","shape":[1],"data_offsets":[2,3]}}""", 3), "a hole from 1");

    [Fact]
    public void A_hole_before_the_first_tensor() => Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}}""", 2), "a hole from 0");

    [Fact]
    public void Tensors_that_overlap() =>
        Refused(Make("""{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}}""", 3), "overlaps");

    [Fact]
    public void A_tensor_beyond_the_end() => Refused(Make("""{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}""", 3), "only 3 bytes of data");

    [Fact]
    public void Data_that_no_tensor_owns() => Refused(Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 2), "belong to none");

    [Theory]
    [InlineData("""{"weight_map":{"a":"gone.safetensors"}}""", "is missing, but")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":"..\\x"}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":"c:x"}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":".."}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":""}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"a":7}}""", "only files beside the index")]
    [InlineData("""{"weight_map":{"b":"one.safetensors"}}""", "which does not hold it")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","x":"two.safetensors"}}""", "stands in two shards")]
    [InlineData("""{"weight_map":{}}""", "names no tensors")]
    [InlineData("""{"weight_map":[]}""", "has no weight_map")]
    [InlineData("""{"metadata":{}}""", "has no weight_map")]
    [InlineData("""[]""", "has no weight_map")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "is no JSON that can be read")]
    [InlineData("""{"weight_map":{"a":"one.safetensors""", "is no JSON that can be read")]
    public void An_index_that_is_wrong(string index, string words)
    {
        using var folder = new TemporaryFolder();
        folder.Write("one.safetensors", Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1));
        folder.Write("two.safetensors", Make("""{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1));
        folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(index));
        var error = Assert.ThrowsAny<Exception>(() => SafetensorsFolder.Open(folder.Path).Dispose());
        Assert.True(error is InvalidDataException or FileNotFoundException, error.ToString());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_folder_without_weights_and_one_with_pickles_only()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("holds no safetensors file", Assert.Throws<FileNotFoundException>(() => SafetensorsFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("pytorch_model.bin", [1]);
        Assert.Contains("a pickle can run any program", Assert.Throws<NotSupportedException>(() => SafetensorsFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static void Refused(byte[] content, string words = "")
    {
        var error = Assert.Throws<InvalidDataException>(() => Open(content).Dispose());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("memory.safetensors", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
