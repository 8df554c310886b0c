using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests;

/// <summary>What the writers promise beyond a round trip.</summary>
public sealed class WriterTests
{
    [Fact]
    public void A_large_tensor_is_fetched_in_whole_rows_and_never_at_once()
    {
        using var folder = new TemporaryFolder();
        const int rows = 3000, columns = 1000;
        var chunks = new List<(long Offset, int Length)>();
        void Fill(long offset, Span<byte> chunk)
        {
            chunks.Add((offset, chunk.Length));
            for (int i = 0; i < chunk.Length; i++) chunk[i] = unchecked((byte)((offset + i) * 31 >> 3));
        }
        new GgufWriter().AddTensor("t", ElementType.F32, [rows, columns], Fill).Write(folder.File("a.gguf"));
        Assert.Equal(rows * columns * 4, chunks.Sum(c => c.Length));
        Assert.True(chunks.Count > 1);
        Assert.All(chunks, c => Assert.Equal((0, 0), ((int)(c.Offset % (columns * 4)), c.Length % (columns * 4))));
        new SafetensorsWriter().AddTensor("t", ElementType.F32, [rows, columns], Fill).Write(folder.File("a.safetensors"));
        using var gguf = GgufFile.Open(folder.File("a.gguf"));
        using var safetensors = SafetensorsFile.Open(folder.File("a.safetensors"));
        Assert.True(gguf.Tensors["t"].Span.SequenceEqual(safetensors.Tensors["t"].Span));
        Assert.Equal(unchecked((byte)(999_999 * 31 >> 3)), gguf.Tensors["t"].Span[999_999]);
    }

    [Fact]
    public unsafe void Native_memory_is_written_from_where_it_lies()
    {
        using var folder = new TemporaryFolder();
        using var buffer = new NativeBuffer(16);
        for (int i = 0; i < 4; i++) buffer.Floats[i] = i;
        new GgufWriter().AddTensor("t", ElementType.F32, [2, 2], buffer.Data).Write(folder.File("a.gguf"));
        new SafetensorsWriter().AddTensor("t", ElementType.F32, [2, 2], buffer.Data).Write(folder.File("a.safetensors"));
        using var gguf = GgufFile.Open(folder.File("a.gguf"));
        using var safetensors = SafetensorsFile.Open(folder.File("a.safetensors"));
        Assert.Equal(3, ((float*)gguf.Tensors["t"].Data)[3]);
        Assert.Equal(3, ((float*)safetensors.Tensors["t"].Data)[3]);
    }

    [Fact]
    public void A_source_that_fails_while_it_is_written_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        static void Fail(long offset, Span<byte> chunk) => throw new InvalidDataException("source");
        Assert.Throws<InvalidDataException>(() => new GgufWriter().AddTensor("t", ElementType.F32, [4], Fail).Write(folder.File("a.gguf")));
        Assert.Throws<InvalidDataException>(() => new SafetensorsWriter().AddTensor("t", ElementType.F32, [4], Fail).Write(folder.File("a.safetensors")));
        Assert.Throws<InvalidDataException>(() => new GgufWriter().AddTensor("s", ElementType.I8, [4], new byte[4]).AddTensor("t", ElementType.F32, [4], Fail).WriteSplit(folder.File("m"), 4));
        Assert.Throws<InvalidDataException>(() => new SafetensorsWriter().AddTensor("s", ElementType.I8, [4], new byte[4]).AddTensor("t", ElementType.F32, [4], Fail).WriteFolder(folder.Path, 4));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void What_no_reader_would_accept_is_refused_when_it_is_added()
    {
        var gguf = new GgufWriter().AddTensor("t", ElementType.F32, [1], new byte[4]);
        Assert.Throws<ArgumentException>(() => new GgufWriter(1));
        Assert.Throws<ArgumentException>(() => gguf.Set("", 1));
        Assert.Throws<ArgumentException>(() => gguf.Set(new string('k', 65536), 1));
        Assert.Throws<ArgumentException>(() => gguf.Set("general.alignment", 33u));
        Assert.Throws<ArgumentException>(() => gguf.Set("general.alignment", 32));
        Assert.Throws<ArgumentException>(() => gguf.Set("k", 'c'));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("t", ElementType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("", ElementType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor(new string('n', 64), ElementType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [1, 1, 1, 1, 1], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [0], Array.Empty<byte>()));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [-1], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [2], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.Q8_0, [31], new byte[34]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [long.MaxValue, 4], new byte[4]));
        Assert.Throws<ArgumentException>(() => gguf.AddTensor("u", ElementType.F32, [1L << 40], (_, _) => { }));
        Assert.Throws<ArgumentException>(() => GgufValue.ArrayOf([GgufValue.Of(1)]));
        var safetensors = new SafetensorsWriter().AddTensor("t", ElementType.F32, [1], new byte[4]);
        Assert.Throws<ArgumentException>(() => safetensors.AddTensor("t", ElementType.F32, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => safetensors.AddTensor("__metadata__", ElementType.F32, [1], new byte[4]));
        Assert.Contains("convert it to F32", Assert.Throws<ArgumentException>(() => safetensors.AddTensor("q", ElementType.Q8_0, [32], new byte[34])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => safetensors.WriteFolder(Path.GetTempPath(), 0));
    }

    [Fact]
    public void Bytes_and_truth_values_keep_their_kind_between_safetensors_and_are_refused_by_gguf()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.safetensors", Safetensors.RawSafetensors.Make("""{"b":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]},"u":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4));
        using var file = SafetensorsFile.Open(path);
        new SafetensorsWriter().AddTensor(file.Tensors["u"]).AddTensor(file.Tensors["b"], "c").Write(folder.File("b.safetensors"));
        using var again = SafetensorsFile.Open(folder.File("b.safetensors"));
        Assert.Equal(("BOOL", "U8"), (again.Tensors["c"].StoredAs, again.Tensors["u"].StoredAs));
        Assert.Throws<ArgumentException>(() => new GgufWriter().AddTensor(file.Tensors["u"]));
    }

    [Fact]
    public void Changing_the_number_of_shards_leaves_no_file_that_a_reader_would_take_instead()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter Writer(byte value) => new SafetensorsWriter().AddTensor("a", ElementType.I8, [4], new byte[] { value, 0, 0, 0 }).AddTensor("b", ElementType.I8, [4], new byte[4]);
        foreach (var (value, most) in new[] { (1, 4L), (2, long.MaxValue), (3, 4L) })
        {
            Writer((byte)value).WriteFolder(folder.Path, most);
            using var read = SafetensorsFolder.Open(folder.Path);
            Assert.Equal(value, read.Tensors["a"].Span[0]);
        }
    }

    [Fact]
    public void A_metadata_key_set_again_keeps_its_place_and_one_removed_is_gone()
    {
        var writer = new GgufWriter().Set("a", 1).Set("b", "two").Set("c", new[] { 1f }).Set("a", true).Set("d", ["x", "y"]).Remove("b");
        Assert.Equal(["a", "c", "d"], writer.Metadata.Keys);
        Assert.Equal(GgufType.Bool, writer.Metadata["a"].Type);
        Assert.Equal(["x", "y"], writer.Metadata["d"].Strings);
    }
}
