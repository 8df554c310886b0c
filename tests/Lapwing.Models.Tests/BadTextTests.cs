namespace Lapwing.Models.Tests;

/// <summary>What a folder brings for text, damaged or absurd, ends in one clear error.</summary>
public sealed class BadTextTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("text").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    public void A_giant_file_is_refused_before_it_is_read(string name)
    {
        // Sparse: it takes no room on the disk.
        using (var file = File.Create(Path.Combine(folder, name))) file.SetLength(3L << 30);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("more than any tokenizer", Assert.Throws<InvalidDataException>(() => ModelText.Open(folder)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_is_missing() => Assert.Contains("neither tokenizer.json nor tokenizer.model", Assert.Throws<FileNotFoundException>(() => ModelText.Open(folder)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{\"chat_template\":")]
    public void A_chat_template_file_that_is_no_json_object_is_refused(string content)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), """{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}""");
        File.WriteAllText(Path.Combine(folder, "chat_template.json"), content);
        string message = Assert.Throws<InvalidDataException>(() => ModelText.Open(folder)).Message;
        Assert.Contains("chat_template.json", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("tokenizer.json", "\n{\"a\":tru\n")]
    [InlineData("tokenizer.model", "no protocol buffer")]
    public void A_damaged_tokenizer_names_the_folder_and_stays_on_one_line(string name, string content)
    {
        File.WriteAllText(Path.Combine(folder, name), content);
        string message = Assert.Throws<InvalidDataException>(() => ModelText.Open(folder)).Message;
        Assert.Contains(folder, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
