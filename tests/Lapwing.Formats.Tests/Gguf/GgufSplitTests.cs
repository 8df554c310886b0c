using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests.Gguf;

/// <summary>Models in several files.</summary>
public sealed class GgufSplitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_part_opens_all(int part)
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        Assert.Equal(folder.File("m-00002-of-00003.gguf"), paths[1]);
        using var file = GgufFile.Open(paths[part - 1]);
        Assert.Equal(["a", "b", "c"], file.Tensors.Keys);
        Assert.Equal("test", file.Metadata.GetString("general.architecture"));
        Assert.Equal(paths, file.Parts);
        Assert.Equal(paths[2], file.Tensors["c"].File);
        Assert.Equal(3, file.Tensors["c"].Span[0]);
    }

    [Fact]
    public void A_missing_part_is_named()
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        File.Delete(paths[1]);
        var error = Assert.Throws<FileNotFoundException>(() => GgufFile.Open(paths[0]));
        Assert.StartsWith(paths[1], error.Message, StringComparison.Ordinal);
        Assert.Contains("part 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_under_the_name_of_another_is_refused()
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        File.Copy(paths[0], paths[1], overwrite: true);
        Refused(paths[0], "says that it is part 1 of 3, but its name says 2 of 3");
        Refused(paths[1], "its name does not end in");
    }

    [Fact]
    public void A_part_of_another_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        var other = new GgufWriter().Set("split.no", (ushort)1).Set("split.count", (ushort)3).Set("split.tensors.count", 3).AddTensor("a", ElementType.I8, [1], new byte[1]);
        other.Write(paths[1]);
        Refused(paths[0], "'a' stands in an earlier part as well");
        new GgufWriter().Set("split.no", (ushort)1).Set("split.count", (ushort)3).AddTensor("x", ElementType.I8, [1], new byte[1]).AddTensor("y", ElementType.I8, [1], new byte[1]).Write(paths[1]);
        Refused(paths[0], "the 3 parts hold 4 tensors");
    }

    [Fact]
    public void A_part_under_a_name_of_its_own_is_refused()
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        File.Move(paths[0], folder.File("renamed.gguf"));
        Refused(folder.File("renamed.gguf"), "-00001-of-00003.gguf: rename");
    }

    [Fact]
    public void Split_keys_that_are_wrong_are_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("m-00001-of-00002.gguf");
        new GgufWriter().Set("split.count", (ushort)2).Write(path);
        Refused(path, "'split.no' of a split model is missing");
        new GgufWriter().Set("split.count", "two").Write(path);
        Refused(path, "not a small integer");
        new GgufWriter().Set("split.count", (ushort)2).Set("split.no", (ushort)2).Write(path);
        Refused(path, "part 3 of 2");
        new GgufWriter().Set("split.count", -2).Write(path);
        Refused(path, "not a small integer");
        new GgufWriter().Set("split.count", int.MaxValue).Set("split.no", 0).Write(path);
        Refused(path, "its name does not end in");
    }

    [Fact]
    public void A_damaged_part_is_named_and_no_file_stays_open()
    {
        using var folder = new TemporaryFolder();
        var paths = Make(folder);
        File.WriteAllBytes(paths[2], File.ReadAllBytes(paths[2])[..40]);
        Refused(paths[0], paths[2]);
        Refused(paths[1], paths[2]);
    }

    [Fact]
    public void A_model_in_one_part_is_a_plain_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("any.gguf");
        new GgufWriter().Set("split.count", (ushort)1).AddTensor("a", ElementType.I8, [1], new byte[1]).Write(path);
        using var file = GgufFile.Open(path);
        Assert.Single(file.Tensors);
    }

    private static IReadOnlyList<string> Make(TemporaryFolder folder) => new GgufWriter().Set("general.architecture", "test")
        .AddTensor("a", ElementType.I8, [40], Filled(40, 1)).AddTensor("b", ElementType.I8, [300], Filled(300, 2)).AddTensor("c", ElementType.I8, [7], Filled(7, 3))
        .WriteSplit(folder.File("m"), 100);

    private static byte[] Filled(int count, byte value) => [.. Enumerable.Repeat(value, count)];

    private static void Refused(string path, string words)
    {
        var error = Assert.Throws<InvalidDataException>(() => GgufFile.Open(path));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
