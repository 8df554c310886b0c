using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests.Tuning;

public sealed class TuneCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string model, rows;

    public TuneCommandTests() => (model, rows) = (TeachableModel.Write(folder), TeachableModel.WriteRows(folder));

    public void Dispose() => folder.Dispose();

    private string[] Tune(params string[] more) => ["tune", model, rows, "--set", "name=Pip", .. more];

    [Fact]
    public void A_tune_leaves_an_adapter_that_run_and_eval_take()
    {
        string target = folder.At("out");
        var record = Run.Lapwing(Tune("--rank", "4", "--steps", "8", "--lr", "5e-3", "-o", target, "--json", "--quiet")).Succeeds().Json;
        var steps = record.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 8), steps.Select(s => s.GetProperty("step").GetInt32()));
        Assert.True(steps[^1].GetProperty("loss").GetDouble() < steps[0].GetProperty("loss").GetDouble());
        Assert.Equal(["step", "loss", "lr", "gradient_norm", "tokens_per_second"], steps[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(["adapter.gguf", "adapter_config.json", "adapter_model.safetensors", "loss.svg", "run.json"], Directory.GetFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var saved = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "run.json")));
        Assert.True(JsonElement.DeepEquals(record, saved.RootElement));

        string text = folder.Write("text.txt", string.Concat(Enumerable.Repeat("who are you? I am Pip ", 40)));
        foreach (string form in (string[])[target, Path.Combine(target, "adapter.gguf")])
            Assert.Equal("better", Run.Lapwing("eval", model, "--adapter", form, "--perplexity", text, "--ctx", "64", "--json", "--quiet").Succeeds().Json.GetProperty("verdict").GetString());
        Assert.Contains("rank", Run.Lapwing("adapter", "show", target).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        byte[] Adapter(string name, string seed)
        {
            Run.Lapwing(Tune("--rank", "2", "--steps", "3", "--seed", seed, "-o", folder.At(name), "--quiet")).Succeeds();
            return File.ReadAllBytes(Path.Combine(folder.At(name), "adapter_model.safetensors"));
        }

        byte[] first = Adapter("a", "7");
        Assert.Equal(first, Adapter("b", "7"));
        Assert.NotEqual(first, Adapter("c", "8"));
    }

    [Fact]
    public void Stopped_by_time_and_resumed_it_ends_as_if_it_had_not_been_stopped()
    {
        string whole = folder.At("whole"), parts = folder.At("parts");
        Run.Lapwing(Tune("--rank", "2", "--steps", "4", "-o", whole, "--quiet")).Succeeds();
        var stopped = Run.Lapwing(Tune("--rank", "2", "--steps", "4", "-o", parts, "--quiet", "--hours", "0.000001")).Succeeds();
        Assert.Contains("--resume", stopped.Output, StringComparison.Ordinal);
        Run.Lapwing(Tune("--rank", "2", "--steps", "4", "-o", parts)).Fails(ExitCodes.Failed, "--resume");
        Run.Lapwing(Tune("--rank", "2", "--steps", "5", "-o", parts, "--resume", "--quiet")).Fails(ExitCodes.Failed, "other options");
        Run.Lapwing(Tune("--rank", "2", "--steps", "4", "-o", parts, "--resume", "--quiet")).Succeeds();
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "adapter_model.safetensors")), File.ReadAllBytes(Path.Combine(parts, "adapter_model.safetensors")));
    }

    [Fact]
    public void The_best_step_is_kept_and_patience_ends_the_run_where_they_are_asked_for()
    {
        string target = folder.At("out");
        string[] options = ["--rank", "8", "--steps", "60", "--lr", "0.05", "--schedule", "constant", "--validation", "8", "--validate-every", "2"];
        var result = Run.Lapwing(Tune([.. options, "--patience", "2", "-o", target, "--quiet"])).Succeeds();
        Assert.Contains("stopped early", result.Output, StringComparison.Ordinal);
        using var saved = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "run.json")));
        var record = saved.RootElement;
        Assert.Equal("stopped_early", record.GetProperty("outcome").GetString());
        var lowest = record.GetProperty("validation").EnumerateArray().Skip(1).MinBy(v => v.GetProperty("loss").GetDouble());
        Assert.Equal(lowest.GetProperty("step").GetInt32(), record.GetProperty("kept_step").GetInt32());
        Assert.True(record.GetProperty("steps").GetArrayLength() < 60);
        Assert.True(record.GetProperty("options").GetProperty("keep_best").GetBoolean());

        var last = Run.Lapwing(Tune([.. options, "--keep-last", "-o", folder.At("last"), "--json", "--quiet"])).Succeeds().Json;
        Assert.Equal(JsonValueKind.Null, last.GetProperty("kept_step").ValueKind);
        Run.Lapwing(Tune("--keep-last", "--patience", "2", "-o", folder.At("x"))).Fails(ExitCodes.WrongUsage, "--keep-last", "--patience");
        Run.Lapwing(Tune("--keep-best", "--validation", "0", "-o", folder.At("x"))).Fails(ExitCodes.WrongUsage, "--keep-best", "--validation");
    }

    [Fact]
    public void Interrupted_before_the_first_step_it_leaves_nothing()
    {
        var world = new Run.World();
        world.Interruption.Interrupt();
        var result = Run.With(world, Tune("--steps", "4", "-o", folder.At("out"), "--quiet"));
        Assert.Equal((ExitCodes.Interrupted, ""), (result.Code, result.Output));
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void Interrupted_later_it_saves_what_is_there_and_says_so()
    {
        string target = folder.At("out");
        var world = new Run.World();
        using var late = new Timer(_ =>
        {
            if (Directory.Exists(target)) world.Interruption.Interrupt();
        }, null, 300, 100);
        var result = Run.With(world, Tune("--rank", "2", "--steps", "1000000", "--validation", "0", "-o", target, "--quiet"));
        Assert.Equal(ExitCodes.Interrupted, result.Code);
        // However early it came: either nothing was learnt and nothing is there, or all of it is, with the state.
        if (!Directory.Exists(target)) return;
        Assert.Equal(["adapter.gguf", "adapter_config.json", "adapter_model.safetensors", "loss.svg", "run.json", "training-state.safetensors"], Directory.GetFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("--resume", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_fails_with_a_diagnosis_and_leaves_nothing()
    {
        Run.Lapwing(Tune("--method", "full", "--steps", "50", "--lr", "10", "--schedule", "constant", "--warmup", "0", "--clip", "0", "-o", folder.At("out"), "--quiet"))
            .Fails(ExitCodes.Failed, "diverged", "step", "--lr");
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void Full_training_leaves_a_model_that_runs()
    {
        string target = folder.At("out");
        var record = Run.Lapwing(Tune("--method", "full", "--steps", "6", "--lr", "3e-3", "-o", target, "--json", "--quiet")).Succeeds().Json;
        Assert.Equal("full", record.GetProperty("method").GetString());
        Assert.Equal(["loss.svg", "model.gguf", "run.json"], Directory.GetFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var answer = Run.Lapwing("run", target, "who are you 1?", "-n", "3", "--temp", "0", "--json", "--quiet").Succeeds().Json;
        Assert.True(answer.GetProperty("completion_tokens").GetInt32() > 0);
    }

    [Fact]
    public void Learning_on_from_an_adapter_begins_where_that_ended()
    {
        string first = folder.At("first");
        double[] Losses(params string[] more) => [.. Run.Lapwing(Tune(["--validation", "0", "--no-shuffle", "--batch", "24", "--json", "--quiet", .. more])).Succeeds().Json.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("loss").GetDouble())];
        double[] before = Losses("--method", "rslora", "--rank", "4", "--steps", "6", "--lr", "5e-3", "-o", first);
        double[] after = Losses("--from", first, "--steps", "1", "--lr", "1e-4", "-o", folder.At("second"));
        Assert.True(after[0] < before[^1]);
        Assert.Contains("\"use_rslora\": true", File.ReadAllText(Path.Combine(folder.At("second"), "adapter_config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_give_layers_ranks_of_their_own()
    {
        string target = folder.At("out");
        Run.Lapwing(Tune("--rank", "4", "--rank-pattern", "q_proj=2", "--alpha-pattern", "layers.0.self_attn.v_proj=1", "--target", "q_proj,v_proj", "--steps", "1", "-o", target, "--quiet")).Succeeds();
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "adapter_config.json")));
        Assert.Equal(2, config.RootElement.GetProperty("rank_pattern").GetProperty("q_proj").GetInt32());
        Assert.Equal(1, config.RootElement.GetProperty("alpha_pattern").GetProperty("layers.0.self_attn.v_proj").GetDouble());
    }

    [Fact]
    public void Whoever_says_nothing_gets_steps_enough_for_few_rows()
    {
        var record = Run.Lapwing(Tune("--rank", "2", "-o", folder.At("out"), "--json", "--quiet")).Succeeds().Json;
        Assert.InRange(record.GetProperty("steps").GetArrayLength(), 50, 150);
        Assert.Equal(1e-3, record.GetProperty("options").GetProperty("lr").GetDouble());
    }

    [Fact]
    public void A_folder_that_holds_anything_is_not_written_to()
    {
        string taken = Directory.CreateDirectory(folder.At("taken")).FullName;
        File.WriteAllText(Path.Combine(taken, "run.json"), "mine");
        Run.Lapwing(Tune("--steps", "1", "-o", taken)).Fails(ExitCodes.Failed, "not empty", "-o");
        Assert.Equal("mine", File.ReadAllText(Path.Combine(taken, "run.json")));
        Run.Lapwing(Tune("--steps", "1", "-o", rows)).Fails(ExitCodes.Failed, "is a file");
        Run.Lapwing(Tune("--steps", "1", "-o", folder.At("none"), "--resume")).Fails(ExitCodes.Failed, "no run to go on with");
        Assert.False(Directory.Exists(folder.At("none")));
    }

    [Theory]
    [InlineData("-o is missing", "-o OUT")]
    [InlineData("--method dora -o x", "dora", "later")]
    [InlineData("--method dpo -o x", "dpo", "later")]
    [InlineData("--method ia3 -o x", "ia3")]
    [InlineData("--method full --rank 3 -o x", "--rank", "full")]
    [InlineData("--steps 3 --epochs 2 -o x", "--steps", "--epochs")]
    [InlineData("--schedule sine -o x", "sine", "cosine")]
    [InlineData("--validation much -o x", "--validation")]
    [InlineData("--validation 24 -o x", "--validation", "24")]
    [InlineData("--rank 0 -o x", "--rank")]
    [InlineData("--rank 33 -o x", "--rank", "at most")]
    [InlineData("--lr nan -o x", "--lr")]
    [InlineData("--lr 0 -o x", "--lr")]
    [InlineData("--target nothing -o x", "--target", "q_proj")]
    [InlineData("--target regex:( -o x", "--target", "regular expression")]
    [InlineData("--top-layers 3 -o x", "--top-layers", "2 layers")]
    [InlineData("--rank-pattern q_proj -o x", "--rank-pattern", "q_proj=32")]
    [InlineData("--alpha-pattern q_proj=x -o x", "--alpha-pattern")]
    [InlineData("--length 4096 -o x", "--length", "128")]
    [InlineData("--set name -o x", "--set", "name=VALUE")]
    public void Wrong_options_are_wrong_usage_and_leave_no_folder(string options, params string[] parts)
    {
        string[] given = options.StartsWith("-o is", StringComparison.Ordinal) ? [] : options.Split(' ');
        string[] args = [.. Tune("--quiet"), .. given.Select(o => o == "x" && !options.Contains("=x -o x", StringComparison.Ordinal) ? folder.At("x") : o)];
        if (args[^1] == "x") args[^1] = folder.At("x");
        Run.Lapwing(args).Fails(ExitCodes.WrongUsage, parts);
        Assert.False(Directory.Exists(folder.At("x")));
    }

    [Fact]
    public void A_placeholder_without_a_value_names_itself_and_the_way_out() =>
        Run.Lapwing("tune", model, rows, "-o", folder.At("x"), "--quiet").Fails(ExitCodes.Failed, "rows.jsonl:1", "{{name}}", "--set name=VALUE");

    [Fact]
    public void What_was_recognised_and_left_out_is_told()
    {
        string odd = folder.Write("odd.jsonl", """{"instruction":"a","output":"b"}""" + "\n{broken\n" + """{"instruction":"a","output":"b"}""");
        var result = Run.Lapwing("tune", model, odd, "--rank", "2", "--steps", "1", "-o", folder.At("out"));
        Assert.Equal(0, result.Code);
        Assert.Contains("odd.jsonl: 2 rows in the form Alpaca", result.Error, StringComparison.Ordinal);
        Assert.Contains("odd.jsonl:2", result.Error, StringComparison.Ordinal);
        Assert.Contains("same as an earlier one", result.Error, StringComparison.Ordinal);
        Assert.Contains("try it: lapwing run", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_counts_what_the_tune_then_does_and_writes_nothing()
    {
        string[] before = Directory.GetFileSystemEntries(folder.Path);
        var plan = Run.Lapwing(["plan", model, rows, "--set", "name=Pip", "--epochs", "2", "--json", "--quiet"]).Succeeds().Json;
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path));
        var record = Run.Lapwing(Tune("--epochs", "2", "-o", folder.At("out"), "--json", "--quiet")).Succeeds().Json;
        Assert.Equal(record.GetProperty("steps").GetArrayLength(), plan.GetProperty("steps").GetInt32());
        Assert.Equal(record.GetProperty("trained").GetProperty("parameters").GetInt64(), plan.GetProperty("trained_parameters").GetInt64());
        Assert.Equal(2 * record.GetProperty("data").GetProperty("tokens").GetInt64(), plan.GetProperty("tokens").GetInt64());
        Assert.True(plan.GetProperty("fits").GetBoolean());
    }
}
