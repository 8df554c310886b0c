using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests;

public sealed class MachineCommandTests(TinyModel model)
{
    [Fact]
    public void Bench_reports_what_the_contract_asks()
    {
        var json = Run.Lapwing("bench", model.Gguf, "-p", "16", "-n", "4", "-r", "2", "--json", "--quiet").Succeeds().Json;
        foreach (string name in new[] { "cpu", "threads", "isa", "read_gb_per_second", "fp32_gflops", "placement" }) Assert.True(json.GetProperty("machine").TryGetProperty(name, out _), name);
        foreach (string name in new[] { "name", "type", "bytes", "parameters" }) Assert.True(json.GetProperty("model").TryGetProperty(name, out _), name);
        Assert.Equal(["pp16", "tg4"], json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("test").GetString()));
        foreach (var result in json.GetProperty("results").EnumerateArray())
        {
            var rate = result.GetProperty("tokens_per_second");
            Assert.True(0 < rate.GetProperty("min").GetDouble() && rate.GetProperty("min").GetDouble() <= rate.GetProperty("median").GetDouble() && rate.GetProperty("median").GetDouble() <= rate.GetProperty("max").GetDouble());
            Assert.True(result.GetProperty("percent_of_limit").GetDouble() > 0);
        }
    }

    [Fact]
    public void Bench_measures_training_too()
    {
        var json = Run.Lapwing("bench", model.Gguf, "--tune", "--rank", "4", "--top-layers", "1", "--length", "16", "-r", "1", "--json", "--quiet").Succeeds().Json;
        Assert.Equal("tune-top1", json.GetProperty("results")[0].GetProperty("test").GetString());
    }

    [Theory]
    [InlineData("-p", "-1")]
    [InlineData("-r", "0")]
    [InlineData("--rank", "4")]
    [InlineData("--tune", "-p", "5")]
    [InlineData("-p", "0", "-n", "0")]
    [InlineData("--tune", "--top-layers", "3")]
    public void What_makes_no_sense_is_wrong_usage(params string[] options) => Run.Lapwing(["bench", model.Gguf, .. options]).Fails(2);

    [Fact]
    public void The_doctor_knows_the_machine()
    {
        var json = Run.Lapwing("doctor", "--json", "--quiet").Succeeds().Json;
        Assert.True(json.GetProperty("read_gb_per_second").GetDouble() > 0 && json.GetProperty("fp32_gflops").GetDouble() > 0);
        Assert.True(json.GetProperty("models").GetArrayLength() > 0);
    }
}
