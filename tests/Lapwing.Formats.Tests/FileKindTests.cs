using System.Diagnostics;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Formats.Tests.Gguf;

namespace Lapwing.Formats.Tests;

/// <summary>What is no file, or changes while it is read.</summary>
public sealed class FileKindTests
{
    [Fact]
    public void A_symbolic_link_is_followed()
    {
        using var folder = new TemporaryFolder();
        string target = folder.Write("blob", RawGguf.Everything().ToArray());
        File.CreateSymbolicLink(folder.File("model.gguf"), target);
        using var file = GgufFile.Open(folder.File("model.gguf"));
        Assert.Equal(3, file.Tensors.Count);
    }

    [Fact]
    public void A_link_to_nothing_and_a_missing_file_are_reported_as_missing()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("link"), folder.File("nowhere"));
        Assert.Throws<FileNotFoundException>(() => GgufFile.Open(folder.File("link")));
        Assert.Contains("does not exist", Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(folder.File("none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_is_refused_without_waiting_for_a_writer()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes with names are made by mkfifo");
        using var folder = new TemporaryFolder();
        using (var make = Process.Start("mkfifo", folder.File("pipe"))) make.WaitForExit();
        Refused(folder.File("pipe"), "is a pipe");
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public void A_device_is_refused(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices stand in /dev");
        Refused(path, "is a character device");
    }

    [Fact]
    public void A_folder_is_refused() => Refused(Path.GetTempPath(), "is a folder");

    [Fact]
    public void A_tensor_beyond_4_gib_is_read_from_where_it_lies()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sparse.gguf");
        const long large = 5L << 30;
        byte[] header = new RawGguf().Tensor("large", [large]).Tensor("last", [8], 0, large * 4).ToArray();
        // 20 GiB + 32 bytes, of which the file system stores the first and last few.
        using (var sparse = new FileStream(path, FileMode.CreateNew))
        {
            sparse.Write(header);
            long data = (header.Length + 31) / 32 * 32;
            Extend(sparse, data + large * 4);
            sparse.Position = data + large * 4;
            sparse.Write(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());
        }
        using var file = GgufFile.Open(path);
        Assert.Equal(large * 4, file.Tensors["large"].Bytes);
        Assert.Equal(32, file.Tensors["last"].Span[31]);
        Assert.Throws<NotSupportedException>(() => file.Tensors["large"].Span.Length);
        Assert.Throws<NotSupportedException>(() => file.Tensors["large"].AsMatrix());
    }

    [Theory]
    [InlineData(8u, 1, 0x8000_0000ul, "is larger than the 2 GiB")]
    [InlineData(9u, 4, 0x2000_0000ul, "more than the 2 GiB")]
    [InlineData(9u, 8, 0x2000_0000ul, "strings, more than this version reads")]
    [InlineData(9u, 9, 0x1000_0000ul, "arrays, more than this version reads")]
    public void A_metadata_value_of_more_than_2_gib_is_refused_before_it_is_read(uint type, uint element, ulong count, string words)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sparse.gguf");
        byte[] value = type == 8 ? RawGguf.U64(count) : RawGguf.Array(element, count);
        using (var sparse = new FileStream(path, FileMode.CreateNew))
        {
            sparse.Write(new RawGguf().Entry("k", type, value).ToArray());
            Extend(sparse, 6L << 30);
        }
        Assert.Contains(words, Assert.Throws<NotSupportedException>(() => GgufFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_short_under_the_map_kills_the_process_with_a_code_and_loses_nothing_written()
    {
        using var folder = new TemporaryFolder();
        int code = CutShort(folder, "read-mapped");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let a mapped file be cut");
        Assert.NotEqual(0, code);
        Assert.Equal("kept", File.ReadAllText(folder.File("kept")));
    }

    [Fact]
    public void A_file_cut_short_after_it_was_copied_does_no_harm()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CutShort(folder, "read-copied"));
    }

    /// <summary>Grows a file by a hole that takes no space.</summary>
    private static void Extend(FileStream file, long length)
    {
        try
        {
            file.SetLength(length);
        }
        catch (IOException)
        {
            Assert.Skip("the temporary folder's file system has no sparse files of this size");
        }
    }

    private static int CutShort(TemporaryFolder folder, string child)
    {
        string model = folder.Write("model.gguf", new RawGguf().Tensor("t", [1 << 18]).WithData(1 << 20).ToArray());
        return ChildProcess.Run(child, folder.Path, _ =>
        {
            if (!OperatingSystem.IsWindows()) using (var file = new FileStream(model, FileMode.Open)) file.SetLength(8192);
            ChildProcess.Signal(folder.Path, "go");
        });
    }

    private static void Refused(string path, string words)
    {
        Assert.Contains(words, Assert.ThrowsAny<IOException>(() => GgufFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains(words, Assert.ThrowsAny<IOException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }
}
