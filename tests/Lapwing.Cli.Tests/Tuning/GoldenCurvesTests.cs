using System.Globalization;
using System.Text.Json;
using Lapwing.Cli.Tests.Support;
using Lapwing.Testing;

namespace Lapwing.Cli.Tests.Tuning;

/// <summary>The command line against what PyTorch and PEFT computed, step by step.</summary>
public sealed class GoldenCurvesTests
{
    [Theory]
    [InlineData("tiny-lora-all")]
    [InlineData("tiny-rslora-qv")]
    [InlineData("tiny-lora-patterns")]
    [InlineData("tiny-lora-top-layer")]
    [InlineData("tiny-lora-clip-decay")]
    public void An_adapter_learns_as_PEFT_teaches_it(string name) => Follows(name, ["--from", SharedFolder.Path($"models/peft-golden/{name}/adapter-before")]);

    [Fact]
    public void A_whole_model_learns_as_PyTorch_teaches_it() => Follows("tiny-full-weights", ["--method", "full"]);

    private static void Follows(string name, string[] how)
    {
        using var folder = new TemporaryFolder();
        using var document = JsonDocument.Parse(File.ReadAllText(SharedFolder.Path($"models/peft-golden/{name}/steps.json")));
        var recipe = document.RootElement.GetProperty("recipe");
        double[] wanted = [.. document.RootElement.GetProperty("loss").EnumerateArray().Select(l => l.GetDouble())];
        string Number(string key) => recipe.GetProperty(key).ValueKind == JsonValueKind.Null ? "0" : recipe.GetProperty(key).GetDouble().ToString(CultureInfo.InvariantCulture);
        var record = Run.Lapwing(
        [
            "tune", SharedFolder.Path("models/tiny-random/llama"), SharedFolder.Path("models/peft-golden/tiny-rows.jsonl"), .. how, "--no-shuffle", "--validation", "0", "--batch", "4",
            "--steps", wanted.Length.ToString(CultureInfo.InvariantCulture), "--lr", Number("lr"), "--warmup", Number("warmup_steps"), "--schedule", recipe.GetProperty("schedule").GetString()!,
            "--weight-decay", Number("weight_decay"), "--clip", Number("clip"), "--exact", "-o", folder.At("out"), "--json", "--quiet",
        ]).Succeeds().Json;
        double[] losses = [.. record.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("loss").GetDouble())];
        Assert.Equal(wanted.Length, losses.Length);
        Assert.All(losses.Zip(wanted), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
    }
}
