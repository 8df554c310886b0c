using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;
using Lapwing.Testing;

namespace Lapwing.Formats.Tests;

/// <summary>Real files from other programs open, and hold what those programs put there.</summary>
public sealed class ReferenceFilesTests
{
    [Fact]
    public void Every_gguf_of_the_reference_folder_opens()
    {
        string[] files = [.. Files("models", "*.gguf"), .. Files("tokenizers", "*.gguf")];
        Assert.True(files.Length > 40);
        foreach (string path in files)
        {
            using var file = GgufFile.Open(path);
            Assert.True(file.Metadata.ContainsKey("general.architecture"), path);
            foreach (var tensor in file.Tensors.Values) Assert.Equal(tensor.Bytes, tensor.AsMatrix().RowBytes * tensor.AsMatrix().Rows);
        }
    }

    [Fact]
    public void Every_safetensors_file_of_the_reference_folder_opens()
    {
        string[] files = Files("models", "*.safetensors");
        Assert.True(files.Length > 60);
        foreach (string path in files)
        {
            using var file = SafetensorsFile.Open(path);
            Assert.NotEmpty(file.Tensors);
        }
    }

    [Fact]
    public void Smollm2_holds_what_its_card_says()
    {
        using var file = GgufFile.Open(SharedFolder.Path("models/smollm2-135m-instruct.q4_1.gguf"));
        Assert.Equal(3u, file.Version);
        Assert.Equal(272, file.Tensors.Count);
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(30u, file.Metadata.GetUInt32("llama.block_count"));
        Assert.Equal(49152, file.Metadata.GetStrings("tokenizer.ggml.tokens").Length);
        var embedding = file.Tensors["token_embd.weight"];
        Assert.Equal(ElementType.Q8_0, embedding.Type);
        Assert.Equal([49152, 576], embedding.Shape);
    }

    [Fact]
    public unsafe void Gguf_and_safetensors_of_one_model_hold_the_same_numbers()
    {
        using var gguf = GgufFile.Open(SharedFolder.Path("models/tiny-random/qwen3/model.gguf"));
        using var folder = SafetensorsFolder.Open(SharedFolder.Path("models/tiny-random/qwen3"));
        var (one, other) = (gguf.Tensors["blk.1.ffn_up.weight"], folder.Tensors["model.layers.1.mlp.up_proj.weight"]);
        Assert.Equal(one.Shape, other.Shape);
        Assert.True(one.Span.SequenceEqual(other.Span));
    }

    [Fact]
    public void Shards_open_as_one()
    {
        using var folder = SafetensorsFolder.Open(SharedFolder.Path("models/tiny-random/llama-bf16-shards"));
        Assert.Equal(2, folder.Parts.Count);
        Assert.Equal(ElementType.BF16, folder.Tensors["model.embed_tokens.weight"].Type);
    }

    private static string[] Files(string folder, string pattern) => Directory.GetFiles(SharedFolder.Whole(folder), pattern, SearchOption.AllDirectories);
}
