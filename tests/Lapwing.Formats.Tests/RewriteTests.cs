using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Testing;

namespace Lapwing.Formats.Tests;

/// <summary>What other programs wrote and we write again comes out the same.</summary>
public sealed class RewriteTests
{
    [Fact]
    public void A_gguf_written_again_is_the_same_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        string[] files = [.. Directory.GetFiles(SharedFolder.Path("models"), "*.gguf", SearchOption.AllDirectories), .. Directory.GetFiles(SharedFolder.Path("tokenizers"), "*.gguf")];
        foreach (string path in files)
        {
            using var file = GgufFile.Open(path);
            var writer = new GgufWriter(file.Version).SetAll(file.Metadata);
            foreach (var tensor in file.Tensors.Values) writer.AddTensor(tensor);
            string again = folder.File("again.gguf");
            writer.Write(again);
            byte[] was = File.ReadAllBytes(path), became = File.ReadAllBytes(again);
            Assert.True(was.AsSpan().SequenceEqual(became), $"{path}: {was.Length} bytes became {became.Length}");
        }
    }

    [Fact]
    public void A_safetensors_file_written_again_holds_the_same()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in Directory.GetFiles(SharedFolder.Path("models"), "*.safetensors", SearchOption.AllDirectories))
        {
            using var file = SafetensorsFile.Open(path);
            var writer = new SafetensorsWriter();
            writer.Metadata.Clear();
            foreach (var (key, value) in file.Metadata) writer.Metadata.Add(key, value);
            foreach (var tensor in file.Tensors.Values) writer.AddTensor(tensor);
            string name = folder.File("again.safetensors");
            writer.Write(name);
            using var again = SafetensorsFile.Open(name);
            Assert.Equal(file.Metadata, again.Metadata);
            Assert.Equal(file.Tensors.Count, again.Tensors.Count);
            foreach (var tensor in file.Tensors.Values)
            {
                var other = again.Tensors[tensor.Name];
                Assert.Equal(tensor.StoredAs, other.StoredAs);
                Assert.Equal(tensor.Shape, other.Shape);
                Assert.True(tensor.Span.SequenceEqual(other.Span));
            }
        }
    }
}
