using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests;

public sealed class TextCommandTests(TinyModel model) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Tokens_are_a_json_array_that_detokenize_turns_back()
    {
        var ids = Run.Lapwing("tokenize", model.Gguf, "the bird sings").Succeeds();
        Assert.All(ids.Json.EnumerateArray(), id => Assert.InRange(id.GetInt32(), 0, 329));
        Assert.Equal("the bird sings", Run.Lapwing("detokenize", model.Gguf, ids.Output.Trim()).Succeeds().Output);
        string[] apart = [.. ids.Json.EnumerateArray().Select(id => id.GetInt32().ToString())];
        Assert.Equal("the bird sings", Run.Lapwing(["detokenize", model.Gguf, .. apart]).Succeeds().Output);
    }

    [Fact]
    public void A_file_is_tokenised_byte_for_byte_and_standard_input_too()
    {
        string text = " a\r\n\tb  \n\n";
        string expected = Run.Lapwing("tokenize", model.Gguf, text).Succeeds().Output;
        Assert.Equal(expected, Run.Lapwing("tokenize", model.Gguf, "--file", folder.Write("t.txt", text)).Succeeds().Output);
        Assert.Equal(expected, Run.With(new Run.World { Input = text }, "tokenize", model.Gguf).Succeeds().Output);
    }

    [Fact]
    public void Rows_give_one_array_a_line()
    {
        string rows = folder.Write("rows.jsonl", "{\"text\": \"the bird\"}\n\n{\"text\": \"\\u00e9\", \"more\": 1}\n");
        string[] lines = Run.Lapwing("tokenize", model.Gguf, "--jsonl", rows, "--no-bos", "--no-special").Succeeds().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(line).RootElement.ValueKind));
    }

    [Theory]
    [InlineData("not json", "line 1")]
    [InlineData("{\"text\": \"a\"}\n{\"text\": 5}", "line 2")]
    [InlineData("{\"no\": 1}", "line 1")]
    [InlineData("{\"text\": \"\\ud800\"}", "line 1")]
    public void A_bad_row_is_named(string content, string where) =>
        Run.Lapwing("tokenize", model.Gguf, "--jsonl", folder.Write("rows.jsonl", content)).FailsAfterOutput(where);

    [Fact]
    public void Special_tokens_are_parsed_unless_switched_off()
    {
        Assert.Equal("[4]", Run.Lapwing("tokenize", model.Gguf, "<|im_end|>", "--no-bos").Succeeds().Output.Trim());
        Assert.True(Run.Lapwing("tokenize", model.Gguf, "<|im_end|>", "--no-bos", "--no-special").Succeeds().Json.GetArrayLength() > 1);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused()
    {
        File.WriteAllBytes(folder.At("t.txt"), [0x61, 0xff, 0x62]);
        Run.Lapwing("tokenize", model.Gguf, "--file", folder.At("t.txt")).Fails(ExitCodes.Failed, "not UTF-8", "byte 1");
    }

    [Theory]
    [InlineData("9999", ExitCodes.Failed)]
    [InlineData("-1", ExitCodes.Failed)]
    [InlineData("99999999999999999999", ExitCodes.WrongUsage)]
    [InlineData("x", ExitCodes.WrongUsage)]
    public void An_id_that_is_none_is_refused(string id, int code) => Run.Lapwing("detokenize", model.Gguf, id).Fails(code);

    [Fact]
    public void The_models_template_is_rendered_exactly()
    {
        string messages = folder.Write("m.json", "[{\"role\": \"user\", \"content\": \"Hi\"}]");
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", Run.Lapwing("template", model.Gguf, "--messages", messages).Succeeds().Output);
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n", Run.Lapwing("template", model.Gguf, "--messages", messages, "--no-generation-prompt").Succeeds().Output);
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n", Run.Lapwing("template", model.Gguf, "--messages", messages, "--no-generation-prompt", "--json").Succeeds().Json.GetProperty("text").GetString());
        Assert.Equal(TinyModel.Template, Run.Lapwing("show", model.Gguf, "--template").Succeeds().Output);
    }

    [Fact]
    public void Any_template_is_rendered_with_its_context_and_clock()
    {
        string template = folder.Write("t.jinja", "{{ a }}é {{ strftime_now('%Y-%m-%d %H:%M') }}"), context = folder.Write("c.json", "{\"a\": \"ü\"}");
        Assert.Equal("üé 2026-01-02 03:04", Run.Lapwing("template", "--template", template, "--context", context, "--now", "2026-01-02T03:04:05").Succeeds().Output);
    }

    [Theory]
    [InlineData("{{ raise_exception('no') }}", "{}")]
    [InlineData("{% for %}", "{}")]
    [InlineData("a", "[]")]
    [InlineData("a", "{")]
    public void A_template_or_context_that_fails_is_exit_code_1(string template, string context) =>
        Run.Lapwing("template", "--template", folder.Write("t.jinja", template), "--context", folder.Write("c.json", context)).Fails(ExitCodes.Failed);

    [Theory]
    [InlineData("template")]
    [InlineData("template", "--template", "x")]
    [InlineData("template", "--context", "x")]
    [InlineData("tokenize", "MODEL", "a", "--file", "b")]
    public void Halves_of_what_is_needed_are_wrong_usage(params string[] args) => Run.Lapwing(args).Fails(ExitCodes.WrongUsage);

    public void Dispose() => folder.Dispose();
}
