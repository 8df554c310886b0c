using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using static Lapwing.Formats.Tests.Safetensors.RawSafetensors;

namespace Lapwing.Formats.Tests.Safetensors;

/// <summary>What a well-formed safetensors file says is what comes out.</summary>
public sealed class SafetensorsReadingTests
{
    [Theory]
    [InlineData("F64", ElementType.F64, 8)]
    [InlineData("F32", ElementType.F32, 4)]
    [InlineData("F16", ElementType.F16, 2)]
    [InlineData("BF16", ElementType.BF16, 2)]
    [InlineData("I64", ElementType.I64, 8)]
    [InlineData("I32", ElementType.I32, 4)]
    [InlineData("I16", ElementType.I16, 2)]
    [InlineData("I8", ElementType.I8, 1)]
    [InlineData("U8", ElementType.I8, 1)]
    [InlineData("BOOL", ElementType.I8, 1)]
    public void Every_type_is_read(string name, ElementType type, int size)
    {
        byte[] content = Make($$$"""{"t":{"dtype":"{{{name}}}","shape":[2,3],"data_offsets":[0,{{{6 * size}}}]}}""", 6 * size);
        using var file = Open(content);
        var tensor = file.Tensors["t"];
        Assert.Equal((type, name), (tensor.Type, tensor.StoredAs));
        Assert.Equal([2, 3], tensor.Shape);
        Assert.True(tensor.Span.SequenceEqual(content.AsSpan(content.Length - (6 * size))));
    }

    [Fact]
    public void Metadata_scalars_empty_tensors_and_trailing_spaces_are_read()
    {
        using var file = Open(Make("""{"__metadata__":{"format":"pt","ü":"\u00e9"},"b":{"data_offsets":[4,4],"dtype":"F32","shape":[0,7]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   """, 4));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("é", file.Metadata["ü"]);
        Assert.Equal(["b", "a"], file.Tensors.Keys);
        Assert.Equal(1, file.Tensors["a"].Count);
        Assert.Equal(0, file.Tensors["b"].Count);
        Assert.Equal(1, file.Tensors["a"].AsMatrix().Columns);
    }

    [Fact]
    public void A_file_without_tensors_is_read()
    {
        using var file = Open(Make("{}", 0));
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void A_folder_takes_model_safetensors_before_an_index_and_an_index_before_others()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "model-00001-of-00002.safetensors", "a");
        Write(folder, "model-00002-of-00002.safetensors", "b");
        Assert.Contains("holds 2 safetensors files", Assert.Throws<FileNotFoundException>(() => SafetensorsFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("model.safetensors.index.json"), """{"metadata":{"total_size":8},"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}}""");
        using (var shards = SafetensorsFolder.Open(folder.Path))
        {
            Assert.Equal(["a", "b"], shards.Tensors.Keys.Order());
            Assert.Equal(2, shards.Parts.Count);
        }
        using (var named = SafetensorsFolder.Open(folder.File("model.safetensors.index.json"))) Assert.Equal(2, named.Tensors.Count);
        Write(folder, "model.safetensors", "c");
        using (var single = SafetensorsFolder.Open(folder.Path)) Assert.Equal(["c"], single.Tensors.Keys);
    }

    [Fact]
    public void A_folders_only_safetensors_file_is_taken_whatever_its_name()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "adapter_model.safetensors", "x");
        using var one = SafetensorsFolder.Open(folder.Path);
        using var same = SafetensorsFolder.Open(folder.File("adapter_model.safetensors"));
        Assert.Equal(["x"], one.Tensors.Keys);
        Assert.Equal(["x"], same.Tensors.Keys);
    }

    private static void Write(TemporaryFolder folder, string file, string tensor) =>
        folder.Write(file, Make($$$"""{"{{{tensor}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4));
}
