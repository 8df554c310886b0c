using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests;

public sealed class RunCommandTests(TinyModel model)
{
    [Fact]
    public void An_answer_as_json_has_the_contracts_fields()
    {
        var json = Run.Lapwing("run", model.Gguf, "the bird", "-n", "6", "--temp", "0", "--json", "--quiet").Succeeds().Json;
        Assert.InRange(json.GetProperty("completion_tokens").GetInt32(), 0, 6);
        Assert.Equal(json.GetProperty("completion_tokens").GetInt32(), json.GetProperty("tokens").GetArrayLength());
        Assert.True(json.GetProperty("prompt_tokens").GetInt32() > 0);
        Assert.Contains(json.GetProperty("finish_reason").GetString(), new[] { "stop", "length" });
        Assert.Equal("fast", json.GetProperty("path").GetString());
        Assert.False(string.IsNullOrEmpty(json.GetProperty("level").GetString()));
        foreach (string name in new[] { "load_ms", "time_to_first_token_ms", "prompt_tokens_per_second", "completion_tokens_per_second" })
            Assert.True(json.GetProperty("timings").GetProperty(name).GetDouble() >= 0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_answer_and_text_equals_json()
    {
        string[] args = ["run", model.Gguf, "the bird", "-n", "12", "--seed", "7", "--quiet", "--exact"];
        string json = Run.Lapwing([.. args, "--json"]).Succeeds().Json.GetProperty("text").GetString()!;
        string text = Run.Lapwing(args).Succeeds().Output;
        Assert.Equal(json.TrimEnd('\n'), text.TrimEnd('\n'));
        Assert.Equal(text, Run.Lapwing(args).Succeeds().Output);
    }

    [Fact]
    public void Piped_lines_are_the_turns_of_a_chat()
    {
        var world = new Run.World { Input = "the bird\n\n/clear\nthe sun\n/exit\nnever\n" };
        var result = Run.With(world, "run", model.Gguf, "-n", "3", "--temp", "0", "--ignore-eos");
        Assert.Equal(0, result.Code);
        Assert.Equal(2, result.Error.Split("tok/s after").Length - 1);
    }

    [Fact]
    public void Raw_text_is_continued_without_the_template()
    {
        int raw = Prompt("--raw"), templated = Prompt();
        Assert.True(raw < templated);

        int Prompt(params string[] more) => Run.Lapwing(["run", model.Gguf, "the bird", "-n", "1", "--json", "--quiet", .. more]).Succeeds().Json.GetProperty("prompt_tokens").GetInt32();
    }

    [Fact]
    public void The_end_of_an_answer_is_the_callers_to_choose()
    {
        string text = Run.Lapwing("run", model.Gguf, "the bird", "-n", "20", "--temp", "0", "--ignore-eos", "--json", "--quiet").Succeeds().Json.GetProperty("text").GetString()!;
        string stop = text.Substring(text.Length / 2, 1);
        var stopped = Run.Lapwing("run", model.Gguf, "the bird", "-n", "20", "--temp", "0", "--ignore-eos", "--json", "--quiet", "--stop", stop).Succeeds().Json;
        Assert.DoesNotContain(stop, stopped.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("stop_string", stopped.GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("--temp", "nan")]
    [InlineData("--temp", "-1")]
    [InlineData("--temp", "1e999")]
    [InlineData("--top-p", "2")]
    [InlineData("--min-p", "x")]
    [InlineData("--top-k", "99999999999")]
    [InlineData("--ctx", "0")]
    [InlineData("--ctx", "999999999999")]
    [InlineData("--threads", "0")]
    [InlineData("--threads", "100000")]
    [InlineData("-n", "-2")]
    [InlineData("--seed", "-5")]
    [InlineData("--repeat-penalty", "0")]
    [InlineData("--samplers", "nonsense")]
    [InlineData("--logit-bias", "5")]
    [InlineData("--logit-bias", "5+inf")]
    [InlineData("--stop", "")]
    [InlineData("--adapter", "")]
    [InlineData("--mirostat", "3")]
    public void A_hostile_option_is_wrong_usage(string option, string value) => Run.Lapwing("run", model.Gguf, "hello", option, value).Fails(ExitCodes.WrongUsage);

    [Fact]
    public void An_empty_prompt_is_wrong_usage() => Run.Lapwing("run", model.Gguf, "").Fails(ExitCodes.WrongUsage, "empty");

    [Fact]
    public void A_prompt_that_does_not_fit_says_so() => Run.Lapwing("run", model.Gguf, "the bird sings", "--ctx", "2").Fails(ExitCodes.Failed, "context holds 2");

    [Fact]
    public void A_bias_on_a_token_outside_the_vocabulary_is_refused() => Run.Lapwing("run", model.Gguf, "hello", "--logit-bias", "99999+1").Fails(ExitCodes.Failed, "99999");

    [Fact]
    public void A_missing_adapter_is_named() => Run.Lapwing("run", model.Gguf, "hello", "--adapter", "/no/adapter:0.5").Fails(ExitCodes.Failed, "/no/adapter");

    [Fact]
    public void An_interruption_ends_with_130()
    {
        var world = new Run.World();
        world.Interruption.Interrupt();
        var result = Run.With(world, "run", model.Gguf, "hello", "-n", "5");
        Assert.Equal(ExitCodes.Interrupted, result.Code);
        Assert.DoesNotContain("error", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_system_message_has_no_place_beside_raw() => Run.Lapwing("run", model.Gguf, "hello", "--raw", "--system", "x").Fails(ExitCodes.WrongUsage);
}
