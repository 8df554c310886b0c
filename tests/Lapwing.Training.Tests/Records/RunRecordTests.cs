using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Lapwing.Training.Tests;

public sealed class RunRecordTests
{
    private static readonly StepRecord[] Steps = [new(0, 3.25, 1e-4, 1.5, 200.123), new(1, 2.5, 2e-4, 1.25, 210), new(2, double.NaN, 2e-4, double.PositiveInfinity, 220)];
    private static readonly ValidationRecord[] Validation = [new(0, 3.5), new(3, 2.75)];

    [Fact]
    public void Steps_have_the_names_of_the_contract()
    {
        using var json = JsonDocument.Parse(Record().ToJson());
        var step = json.RootElement.GetProperty("steps")[0];
        Assert.Equal(["step", "loss", "lr", "gradient_norm", "tokens_per_second"], step.EnumerateObject().Select(p => p.Name));
        Assert.Equal(3.25, step.GetProperty("loss").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("steps")[2].GetProperty("loss").ValueKind);
        Assert.Equal(2.75, json.RootElement.GetProperty("validation")[1].GetProperty("loss").GetDouble());
        Assert.Equal("diverged", json.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(0.5, json.RootElement.GetProperty("options").GetProperty("lr").GetDouble());
    }

    [Fact]
    public void Nothing_of_the_machine_tells_who_or_where()
    {
        string json = Record().ToJson();
        Assert.DoesNotContain(Environment.MachineName, json);
        Assert.DoesNotContain(Environment.CurrentDirectory, json);
    }

    [Fact]
    public void The_plot_is_a_well_formed_picture_of_every_number()
    {
        var svg = XDocument.Parse(LossPlot.ToSvg(Steps, Validation));
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(2, svg.Descendants(ns + "circle").Count());
        Assert.All(svg.Descendants(ns + "polyline"), l => Assert.Equal(2, l.Attribute("points")!.Value.Split(' ').Length));
        Assert.DoesNotContain("NaN", svg.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5000)]
    public void A_plot_of_any_length_is_drawn(int count) =>
        Assert.NotNull(XDocument.Parse(LossPlot.ToSvg([.. Enumerable.Range(0, count).Select(i => new StepRecord(i, 2, 1, 1, 1))], [])).Root);

    private static RunRecord Record() => new()
    {
        Method = "lora",
        Base = new("tiny", "llama", 1000, [new("ab", 12)]),
        Data = new([new("cd", 34)], [5], 4, 1, 400, 100, new Dictionary<string, int> { ["duplicate"] = 1 }),
        Options = new JsonObject { ["lr"] = 0.5 },
        Trained = (2, 64),
        Seed = 42,
        Path = "exact",
        Level = "portable",
        Threads = 2,
        Started = DateTimeOffset.UnixEpoch,
        Result = new(TrainingOutcome.Diverged, "step 2: …", Steps, Validation, 1.5),
    };
}
