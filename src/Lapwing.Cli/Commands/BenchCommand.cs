using System.CommandLine;
using Lapwing.Cli.Benchmarks;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Cli.Options;
using Lapwing.Cli.Showing;
using Lapwing.Tensors;

namespace Lapwing.Cli.Commands;

/// <summary><c>bench MODEL</c>: rates, and their share of what the machine allows.</summary>
internal static class BenchCommand
{
    private const int DefaultPrompt = 512, DefaultAnswer = 128, DefaultRounds = 5, DefaultRank = 16, DefaultLength = 256;

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("bench", "How fast a model reads, speaks and learns here, beside what the machine allows");
        var engine = new EngineOptions().AddTo(command, withAdapters: false);
        var prompt = Numbers.Whole("--prompt", $"tokens to read at once; 0 leaves it out (default {DefaultPrompt})", 0, 1 << 20, "-p");
        var answer = Numbers.Whole("--tokens", $"tokens to speak one by one; 0 leaves it out (default {DefaultAnswer})", 0, 1 << 20, "-n");
        var rounds = Numbers.Whole("--rounds", $"rounds of each (default {DefaultRounds})", 1, 10_000, "-r");
        var tune = new Option<bool>("--tune") { Description = "measure training steps of an adapter instead" };
        var rank = Numbers.Whole("--rank", $"with --tune: width of the low-rank pairs (default {DefaultRank})", 1, 4096);
        var topLayers = Numbers.Whole("--top-layers", "with --tune: only the highest K layers", 1);
        var length = Numbers.Whole("--length", $"with --tune: tokens of a row (default {DefaultLength})", 2, 1 << 20);
        foreach (Option option in new Option[] { prompt, answer, rounds, tune, rank, topLayers, length }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            bool training = parsed.GetValue(tune);
            foreach (Option option in training ? [prompt, answer] : new Option[] { rank, topLayers, length })
                if (parsed.GetResult(option) is { Implicit: false }) throw new UsageException($"{option.Name} goes {(training ? "without" : "with")} --tune");
            int p = parsed.GetValue(prompt) ?? DefaultPrompt, n = parsed.GetValue(answer) ?? DefaultAnswer, r = parsed.GetValue(rounds) ?? DefaultRounds;
            if (!training && p == 0 && n == 0) throw new UsageException("nothing is left to measure: give -p or -n");
            var cancelled = surroundings.Interruption.Token;
            using var loaded = engine.Load(parsed, surroundings);
            using var summary = SummaryReader.Open(loaded.Path);
            if (parsed.GetValue(topLayers) > loaded.Model.Blocks.Count) throw new UsageException($"--top-layers: the model has {loaded.Model.Blocks.Count} layers");
            int threads = ThreadTeam.Shared.Count;
            surroundings.Message("measuring the machine");
            double bandwidth = MachineRates.ReadBandwidth(threads, 0.8), flops = MachineRates.Float32Peak(threads, 0.4);
            double share = summary.Summary is { Experts: > 0 and var all, ExpertsUsed: { } used } ? (double)used / all : 1;
            var cost = ModelCost.Of(loaded.Model, share);
            var results = new List<Samples>();
            void Take(string what, Func<Samples> measure)
            {
                surroundings.Message($"measuring {what}");
                results.Add(measure());
            }
            if (training) Take("training", () => Bench.Tune(loaded, parsed.GetValue(rank) ?? DefaultRank, parsed.GetValue(topLayers), parsed.GetValue(length) ?? DefaultLength, r, share, flops, cancelled));
            if (!training && p > 0) Take($"reading {p} tokens", () => Bench.Prefill(loaded, p, r, cost, flops, cancelled));
            if (!training && n > 0) Take($"speaking {n} tokens", () => Bench.Decode(loaded, n, r, cost, bandwidth, cancelled));
            if (surroundings.Json) WriteJson(surroundings, loaded, summary.Summary, threads, bandwidth, flops, results);
            else WriteText(surroundings.Out, loaded, summary.Summary, threads, bandwidth, flops, results);
        });
        return command;
    }

    private static void WriteText(TextWriter writer, LoadedModel loaded, ModelSummary summary, int threads, double bandwidth, double flops, List<Samples> results)
    {
        writer.WriteLine($"{Wording.Printable(MachineFacts.Read().Processor)}, {threads} threads, {loaded.Arithmetic.Level}: reads {bandwidth / 1e9:0.0} GB/s, {flops / 1e9:0} GFLOP/s in float32");
        writer.WriteLine($"{Wording.Printable(summary.Name ?? Path.GetFileName(loaded.Path))}, {summary.MainType}, {Wording.Bytes(summary.Bytes)}, {Wording.Count(summary.Parameters)} parameters, {loaded.Arithmetic.Path} path");
        Table.Write(writer, ["test", ">min", ">median", ">max", ">% of limit"], results.Select(s => new[] { s.Test, $"{s.Min:0.00}", $"{s.Median:0.00}", $"{s.Max:0.00}", $"{s.PercentOfLimit:0.0}" }));
        writer.WriteLine("tokens a second; the limit of tg is reading every weight once a token, that of pp and tune the float32 peak");
    }

    private static void WriteJson(Surroundings surroundings, LoadedModel loaded, ModelSummary summary, int threads, double bandwidth, double flops, List<Samples> results) => surroundings.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("machine");
        json.WriteString("cpu", MachineFacts.Read().Processor);
        json.WriteNumber("threads", threads);
        json.WriteString("isa", loaded.Arithmetic.Level);
        json.WriteNumber("read_gb_per_second", Math.Round(bandwidth / 1e9, 2));
        json.WriteNumber("fp32_gflops", Math.Round(flops / 1e9, 1));
        json.WriteString("placement", "unpinned");
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("name", summary.Name ?? Path.GetFileName(loaded.Path));
        json.WriteString("type", summary.MainType);
        json.WriteNumber("bytes", summary.Bytes);
        json.WriteNumber("parameters", summary.Parameters);
        json.WriteEndObject();
        json.WriteString("path", loaded.Arithmetic.Path);
        json.WriteStartArray("results");
        foreach (var sample in results)
        {
            json.WriteStartObject();
            json.WriteString("test", sample.Test);
            json.WriteStartObject("tokens_per_second");
            json.WriteNumber("min", Math.Round(sample.Min, 3));
            json.WriteNumber("median", Math.Round(sample.Median, 3));
            json.WriteNumber("max", Math.Round(sample.Max, 3));
            json.WriteEndObject();
            json.WriteNumber("percent_of_limit", Math.Round(sample.PercentOfLimit, 2));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
