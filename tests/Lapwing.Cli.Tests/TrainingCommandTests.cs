using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests;

public sealed class TrainingCommandTests(TinyModel model) : IDisposable
{
    private const string Rows = """
        {"messages": [{"role": "user", "content": "the bird"}, {"role": "assistant", "content": "sings in the green marsh"}]}
        {"instruction": "the sun", "output": "shines on the {{water}}"}
        """;

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_tuned_adapter_learns_is_recorded_and_helps()
    {
        string data = Data(), target = folder.At("out");
        var json = Run.Lapwing("tune", model.Gguf, data, "-o", target, "--set", "water=pond", "--steps", "30", "--lr", "1e-2", "--rank", "4", "--validation", "0", "--json", "--quiet").Succeeds().Json;
        var steps = json.GetProperty("steps");
        Assert.Equal(30, steps.GetArrayLength());
        Assert.Equal(29, steps[29].GetProperty("step").GetInt32());
        Assert.True(steps[29].GetProperty("loss").GetDouble() < 0.7 * steps[0].GetProperty("loss").GetDouble());
        foreach (string name in new[] { "lr", "gradient_norm", "tokens_per_second" }) Assert.True(steps[0].GetProperty(name).GetDouble() > 0);
        foreach (string file in new[] { "adapter_config.json", "adapter_model.safetensors", "adapter.gguf", "run.json", "loss.svg" }) Assert.True(File.Exists(Path.Combine(target, file)), file);

        string question = Answer([]), tuned = Answer(["--adapter", target]), asGguf = Answer(["--adapter", Path.Combine(target, "adapter.gguf")]), off = Answer(["--adapter", target + ":0"]);
        Assert.NotEqual(question, tuned);
        Assert.Equal(tuned, asGguf);
        Assert.Equal(question, off);

        var compared = Run.Lapwing("eval", model.Gguf, "--adapter", target, "--perplexity", model.Text, "--ctx", "32", "--json", "--quiet").Succeeds().Json;
        Assert.Contains(compared.GetProperty("verdict").GetString(), new[] { "better", "worse", "no clear difference" });
        Assert.True(compared.GetProperty("base").GetProperty("perplexity").GetDouble() > 1);

        // Switched off, it makes no difference: the check asked for does not pass.
        var required = Run.Lapwing("eval", model.Gguf, "--adapter", target + ":0", "--perplexity", model.Text, "--ctx", "32", "--require", "better", "--quiet");
        Assert.Equal(ExitCodes.CheckFailed, required.Code);
        Assert.Contains("no clear difference", required.Output, StringComparison.Ordinal);

        Run.Lapwing("tune", model.Gguf, data, "-o", target, "--set", "water=pond", "--quiet").Fails(ExitCodes.Failed, "already holds");
        Assert.Equal("4", Run.Lapwing("adapter", "show", target, "--json").Succeeds().Json.GetProperty("rank").GetString());
        Run.Lapwing("adapter", "convert", Path.Combine(target, "adapter.gguf"), folder.At("back"), "--base", model.Gguf, "--quiet").Succeeds();
        Assert.Equal(tuned, Answer(["--adapter", folder.At("back")]));
        string gguf = Path.Combine(target, "adapter.gguf"), copy = folder.At("copy.gguf");
        File.Copy(gguf, copy);
        Run.Lapwing("adapter", "convert", target, copy, "--base", model.Gguf).Fails(ExitCodes.Failed, "exists already", "--force");
        Run.Lapwing("adapter", "convert", target, copy, "--base", model.Gguf, "--force", "--quiet").Succeeds();
        Run.Lapwing("adapter", "convert", gguf, gguf, "--base", model.Gguf, "--force").Fails(ExitCodes.WrongUsage);
        Run.Lapwing("adapter", "convert", gguf, folder.At("back"), "--base", model.Gguf, "--force").Fails(ExitCodes.Failed, "is not empty");
        Run.Lapwing("adapter", "merge", target, "--base", model.Gguf, "-o", copy).Fails(ExitCodes.Failed, "exists already", "--force");
        Run.Lapwing("adapter", "merge", copy, "--base", model.Gguf, "-o", copy, "--force").Fails(ExitCodes.WrongUsage);

        Run.Lapwing("adapter", "merge", target, "--base", model.Gguf, "-o", folder.At("merged.gguf"), "--quiet").Succeeds();
        Assert.Equal(tuned, Run.Lapwing("run", folder.At("merged.gguf"), "the bird", "-n", "8", "--temp", "0", "--exact", "--ignore-eos", "--json", "--quiet").Succeeds().Json.GetProperty("tokens").ToString());
        Run.Lapwing("run", target, "x").Fails(ExitCodes.Failed, "--adapter");
        Run.Lapwing("run", Path.Combine(target, "adapter.gguf"), "x").Fails(ExitCodes.Failed, "--adapter");
        Run.Lapwing("adapter", "merge", target, "--base", model.Gguf, "-o", folder.At("merged")).Fails(ExitCodes.WrongUsage);

        string Answer(string[] more) => Run.Lapwing(["run", model.Gguf, "the bird", "-n", "8", "--temp", "0", "--exact", "--ignore-eos", "--json", "--quiet", .. more]).Succeeds().Json.GetProperty("tokens").ToString();
    }

    [Fact]
    public void Masks_show_the_answers_and_nothing_else()
    {
        string shown = Run.Lapwing("tune", model.Gguf, Data(), "--set", "water=pond", "--show-masks", "--quiet").Succeeds().Output;
        Assert.Contains("assistant\n⟦sings in the green marsh<|im_end|>⟧", shown, StringComparison.Ordinal);
        Assert.Contains("⟦shines on the pond<|im_end|>⟧", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("⟦the", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_placeholder_without_a_value_stops_the_run_before_it_begins()
    {
        Run.Lapwing("tune", model.Gguf, Data(), "-o", folder.At("out"), "--quiet").Fails(ExitCodes.Failed, "--set water=");
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void Rows_of_tokens_are_data_and_their_order_is_kept()
    {
        string rows = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(5, 8).Select(i => $"{{\"input_ids\": [1, {i}, {i + 1}, {i + 2}], \"labels\": [-100, -100, {i + 1}, {i + 2}]}}\n")));
        string[] args = ["tune", model.Gguf, rows, "--no-shuffle", "--no-pack", "--validation", "0", "--batch", "4", "--steps", "2", "--exact", "--json", "--quiet"];
        var first = Run.Lapwing([.. args, "-o", folder.At("a")]).Succeeds().Json.GetProperty("steps");
        var second = Run.Lapwing([.. args, "-o", folder.At("b")]).Succeeds().Json.GetProperty("steps");
        Assert.Equal(first[1].GetProperty("loss").GetDouble(), second[1].GetProperty("loss").GetDouble());
        Assert.Equal(File.ReadAllBytes(folder.At("a/adapter_model.safetensors")), File.ReadAllBytes(folder.At("b/adapter_model.safetensors")));
    }

    [Fact]
    public void An_interrupted_run_leaves_nothing_half_done()
    {
        var world = new Run.World();
        world.Interruption.Interrupt();
        Assert.Equal(ExitCodes.Interrupted, Run.With(world, "tune", model.Gguf, Data(), "--set", "water=pond", "-o", folder.At("out"), "--quiet").Code);
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void A_model_from_nothing_learns_and_speaks()
    {
        var json = Run.Lapwing("pretrain", model.ConfigPath, model.Text, "-o", folder.At("out"), "--steps", "4", "--batch", "4", "--length", "64", "--json", "--quiet").Succeeds().Json;
        Assert.Equal(4, json.GetProperty("steps").GetArrayLength());
        Assert.True(json.GetProperty("steps")[3].GetProperty("loss").GetDouble() < json.GetProperty("steps")[0].GetProperty("loss").GetDouble());
        Assert.Equal(["loss.svg", "model.gguf", "run.json"], Directory.GetFiles(folder.At("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Run.Lapwing("run", folder.At("out"), "the", "-n", "3", "--quiet").Succeeds();
    }

    [Fact]
    public void A_plan_counts_what_the_run_would_do()
    {
        var json = Run.Lapwing("plan", model.Gguf, Data(), "--set", "water=pond", "--epochs", "3", "--batch", "1", "--json", "--quiet").Succeeds().Json;
        Assert.Equal((6, 2), (json.GetProperty("steps").GetInt32(), json.GetProperty("rows").GetInt32()));
        Assert.True(json.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.True(json.GetProperty("fits").GetBoolean());
    }

    [Theory]
    [InlineData("--lr", "nan")]
    [InlineData("--lr", "-1")]
    [InlineData("--lr", "0")]
    [InlineData("--rank", "0")]
    [InlineData("--steps", "0")]
    [InlineData("--batch", "99999999999")]
    [InlineData("--schedule", "square")]
    [InlineData("--method", "magic")]
    [InlineData("--validation", "-1")]
    [InlineData("--validation", "nan")]
    [InlineData("--set", "novalue")]
    [InlineData("--clip", "inf")]
    [InlineData("--seed", "-1")]
    public void A_hostile_option_is_wrong_usage(string option, string value) => Run.Lapwing("tune", model.Gguf, Data(), "-o", folder.At("out"), option, value).Fails(ExitCodes.WrongUsage);

    [Fact]
    public void Options_that_contradict_each_other_are_wrong_usage()
    {
        Run.Lapwing("tune", model.Gguf, Data(), "-o", folder.At("out"), "--steps", "1", "--epochs", "1").Fails(ExitCodes.WrongUsage);
        Run.Lapwing("tune", model.Gguf, Data(), "-o", folder.At("out"), "--method", "full", "--rank", "4").Fails(ExitCodes.WrongUsage);
        Run.Lapwing("tune", model.Gguf, Data()).Fails(ExitCodes.WrongUsage, "-o");
    }

    [Fact]
    public void A_row_longer_than_the_models_context_is_the_persons_choice_to_make() =>
        Run.Lapwing("tune", model.Gguf, Data(), "--set", "water=pond", "-o", folder.At("out"), "--length", "4096", "--quiet").Fails(ExitCodes.WrongUsage, "128");

    public void Dispose() => folder.Dispose();

    private string Data() => folder.Write("data.jsonl", Rows);
}
