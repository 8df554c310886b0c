using System.CommandLine;
using System.Globalization;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;
using Lapwing.Cli.Tuning;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Evaluation;

/// <summary>
/// <c>eval --answers</c>: the loss on the answers of rows in any form that <c>tune</c> reads, through the same template and masks: the number that
/// <c>tune</c> prints for rows it holds out, bit for bit.
/// </summary>
internal sealed class AnswerLoss
{
    private readonly Option<string?> answers = new("--answers") { Description = "loss on the answers of these rows, as tune measures what it holds out; with --adapter, base and adapter side by side", HelpName = "DATA" };
    private readonly Option<int?> length = Numbers.Whole("--length", $"with --answers: tokens of a row at most (default {TuneOptions.UsualLength})", 2, 1 << 20);
    private readonly Option<string[]> set = new("--set") { Description = "with --answers: fill {{NAME}} in the data; repeatable", HelpName = "NAME=VALUE" };

    public AnswerLoss AddTo(Command command)
    {
        foreach (Option option in new Option[] { answers, length, set }) command.Options.Add(option);
        return this;
    }

    /// <summary>The rows to measure, where they are asked for.</summary>
    public string? Rows(ParseResult parsed) => parsed.GetValue(answers) ?? (new Option[] { length, set }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } alone
        ? throw new UsageException($"{alone.Name} goes with --answers") : null);

    public int Run(ParseResult parsed, EngineOptions engine, bool mustBeBetter, Surroundings surroundings)
    {
        if (mustBeBetter && engine.Adapters(parsed).Count == 0) throw new UsageException("--require better compares an adapter with its base: give --adapter");
        var values = TuneSettings.AsUsage(() => DataOptions.ParseValues(parsed.GetValue(set) ?? []));
        var data = DataReader.Read([parsed.GetValue(answers)!], new DataOptions { Values = values });
        using var loaded = engine.Load(parsed, surroundings);
        int most = TuneSettings.AsUsage(() => TuneOptions.LengthFor(loaded.Model.Info.ContextLength, parsed.GetValue(length)));
        Example[] examples = [.. ExampleSource.Build(loaded, data, most)];
        foreach (string line in data.Report.Problems()) surroundings.Message("warning: " + Wording.Printable(line));
        double[]? without = loaded.Adapters.Count == 0 ? null : Losses(loaded, examples, useAdapters: false, "base", surroundings);
        double[] with = Losses(loaded, examples, useAdapters: true, "answers", surroundings);
        var comparison = without is null ? null : Comparison.Of(Means(with, examples), Means(without, examples));
        if (surroundings.Json) WriteJson(loaded, examples, with, without, comparison, surroundings);
        else WriteText(loaded, examples, with, without, comparison, surroundings.Out);
        return mustBeBetter && comparison!.Verdict != "better" ? ExitCodes.CheckFailed : ExitCodes.Done;
    }

    // As many tokens at once as training takes: the memory is known to suffice, and the bits do not depend on it.
    private static double[] Losses(LoadedModel loaded, Example[] examples, bool useAdapters, string what, Surroundings surroundings)
    {
        using var worker = new ModelWorker(loaded.Model, loaded.Arithmetic) { UseAdapters = useAdapters };
        var token = surroundings.Interruption.Token;
        return ProgressMeter.Run(surroundings, what, examples.Length, "rows", meter =>
            Trainer.Losses(worker, examples, new TrainerOptions().MicroBatchTokens, done => meter.Report(done, ""), token) ?? throw new OperationCanceledException(token));
    }

    // A row is one observation: the tokens of an answer stand and fall together.
    private static float[] Means(double[] sums, Example[] examples) => [.. sums.Zip(examples, (sum, e) => (float)(sum / e.LossTokens))];

    private static void WriteText(LoadedModel loaded, Example[] examples, double[] with, double[]? without, Comparison? comparison, TextWriter output)
    {
        string Line(double[] sums) => string.Create(CultureInfo.InvariantCulture, $"loss {Trainer.Mean(sums, examples):0.0000} a token of the answers");
        if (without is not null) output.WriteLine($"base: {Line(without)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Line(with)} ({examples.Length} rows, {examples.Sum(e => (long)e.LossTokens)} tokens, {loaded.Arithmetic.Path} path)"));
        if (comparison is not null)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{comparison.Verdict}: {comparison.MeanDifference:+0.0000;-0.0000;0} ± {comparison.StandardError:0.0000}, the mean over rows"));
    }

    private static void WriteJson(LoadedModel loaded, Example[] examples, double[] with, double[]? without, Comparison? comparison, Surroundings surroundings) => surroundings.WriteJson(json =>
    {
        json.WriteStartObject();
        JsonNumbers.Write(json, "loss", Trainer.Mean(with, examples));
        if (without is not null) JsonNumbers.Write(json, "base_loss", Trainer.Mean(without, examples));
        if (comparison is not null)
        {
            JsonNumbers.Write(json, "mean_difference", comparison.MeanDifference);
            JsonNumbers.Write(json, "difference_standard_error", comparison.StandardError);
            json.WriteString("verdict", comparison.Verdict);
        }
        json.WriteNumber("tokens", examples.Sum(e => (long)e.LossTokens));
        json.WriteStartArray("rows");
        for (int r = 0; r < examples.Length; r++)
        {
            json.WriteStartObject();
            json.WriteString("origin", examples[r].Origin.ToString());
            json.WriteNumber("tokens", examples[r].LossTokens);
            JsonNumbers.Write(json, "loss", with[r]);
            if (without is not null) JsonNumbers.Write(json, "base_loss", without[r]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("path", loaded.Arithmetic.Path);
        json.WriteString("level", loaded.Arithmetic.Level);
        json.WriteEndObject();
    });
}
