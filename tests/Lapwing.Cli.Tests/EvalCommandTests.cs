using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;
using Lapwing.Formats.Safetensors;

namespace Lapwing.Cli.Tests;

public sealed class EvalCommandTests(TinyModel model) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Logits_and_hidden_states_have_the_contracts_shapes()
    {
        string ids = folder.Write("ids.json", "[1, 5, 9, 300]"), output = folder.At("o.safetensors");
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", output, "--hidden", "--exact", "--quiet").Succeeds();
        using var file = SafetensorsFile.Open(output);
        Assert.Equal([4L, 330L], file.Tensors["logits"].Shape);
        Assert.Equal([3L, 4L, 32L], file.Tensors["hidden_states"].Shape);
        Assert.Equal("F32", file.Tensors["logits"].StoredAs);
        Assert.True(file.Tensors["hidden_states"].Span.IndexOfAnyExcept((byte)0) >= 0);
    }

    [Fact]
    public void Logits_are_written_over_logits_and_over_nothing_else_unless_by_force()
    {
        string ids = folder.Write("ids.json", "[1, 5, 9]"), output = folder.At("o.safetensors"), notes = folder.Write("notes.txt", "dear to me"), copy = folder.At("model.gguf");
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", output, "--quiet").Succeeds();
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", output, "--hidden", "--quiet").Succeeds();
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", output, "--quiet").Succeeds();
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", notes).Fails(ExitCodes.Failed, "exists already", "--force");
        Assert.Equal("dear to me", File.ReadAllText(notes));
        Run.Lapwing("eval", model.Gguf, "--logits", ids, "-o", notes, "--force", "--quiet").Succeeds();
        File.Copy(model.Gguf, copy);
        foreach (string input in new[] { copy, ids }) Run.Lapwing("eval", copy, "--logits", ids, "-o", input, "--force", "--quiet").Fails(ExitCodes.WrongUsage, "give OUT another name");
        Assert.Equal(File.ReadAllBytes(model.Gguf), File.ReadAllBytes(copy));
    }

    [Fact]
    public void A_longer_text_has_the_same_logits_at_its_beginning()
    {
        string few = folder.Write("few.json", "[1, 5, 9]"), many = folder.Write("many.json", $"[1, 5, 9, {string.Join(", ", Enumerable.Range(10, 90))}]");
        Run.Lapwing("eval", model.Gguf, "--logits", few, "-o", folder.At("few"), "--quiet").Succeeds();
        Run.Lapwing("eval", model.Gguf, "--logits", many, "-o", folder.At("many"), "--quiet").Succeeds();
        using SafetensorsFile a = SafetensorsFile.Open(folder.At("few")), b = SafetensorsFile.Open(folder.At("many"));
        var beginning = a.Tensors["logits"].Span;
        Assert.True(beginning.SequenceEqual(b.Tensors["logits"].Span[..beginning.Length]));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1.5]")]
    [InlineData("[-1]")]
    [InlineData("[\"a\"]")]
    [InlineData("[99999]")]
    [InlineData("[99999999999]")]
    [InlineData("[1")]
    public void Ids_that_are_none_are_refused_and_nothing_is_written(string ids)
    {
        Run.Lapwing("eval", model.Gguf, "--logits", folder.Write("ids.json", ids), "-o", folder.At("o")).Fails(ExitCodes.Failed);
        Assert.False(File.Exists(folder.At("o")));
    }

    [Fact]
    public void Perplexity_as_json_has_the_contracts_fields_and_both_paths_agree()
    {
        double Measure(params string[] more)
        {
            var json = Run.Lapwing(["eval", model.Gguf, "--perplexity", model.Text, "--ctx", "32", "--chunks", "3", "--json", "--quiet", .. more]).Succeeds().Json;
            Assert.Equal((3, 32, 45), (json.GetProperty("chunks").GetInt32(), json.GetProperty("ctx").GetInt32(), json.GetProperty("tokens").GetInt32()));
            Assert.True(json.GetProperty("standard_error").GetDouble() > 0);
            return json.GetProperty("perplexity").GetDouble();
        }

        double exact = Measure("--exact"), fast = Measure();
        Assert.True(exact > 1 && Math.Abs(fast / exact - 1) < 0.05, $"{exact} {fast}");
    }

    [Fact]
    public void A_text_that_is_too_short_is_refused() =>
        Run.Lapwing("eval", model.Gguf, "--perplexity", folder.Write("t.txt", "the bird")).Fails(ExitCodes.Failed, "fewer than");

    [Theory]
    [InlineData]
    [InlineData("--perplexity", "a", "--logits", "b")]
    [InlineData("--logits", "a")]
    [InlineData("--perplexity", "a", "-o", "b")]
    [InlineData("--perplexity", "a", "--require", "better")]
    [InlineData("--perplexity", "a", "--ctx", "-4")]
    [InlineData("--perplexity", "a", "--ctx", "nan")]
    [InlineData("--perplexity", "a", "--chunks", "0")]
    public void What_makes_no_sense_is_wrong_usage(params string[] options) => Run.Lapwing(["eval", model.Gguf, .. options]).Fails(ExitCodes.WrongUsage);

    public void Dispose() => folder.Dispose();
}
