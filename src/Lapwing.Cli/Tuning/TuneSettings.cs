using System.CommandLine;
using System.Globalization;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Cli.Tuning;

/// <summary>The options that <c>tune</c>, <c>plan</c> and <c>pretrain</c> share.</summary>
internal sealed class TuneSettings
{
    /// <summary>The defaults of <c>tune</c>.</summary>
    private static readonly TuneOptions Defaults = new();

    /// <summary>The defaults of <c>pretrain</c>: a model from nothing wants higher rates, and decay in every size that was published.</summary>
    private static readonly TuneOptions FromNothing = new()
    {
        Full = true,
        Trainer = new() { PeakRate = 1e-3, Schedule = LearningRateShape.Cosine, Optimiser = new() { Beta2 = 0.95, WeightDecay = 0.1 } },
    };

    private readonly bool pretraining;
    private readonly TuneOptions standard;

    private readonly Argument<string[]> data = new("DATA") { Description = "JSON, JSONL or plain text, or folders of them; rows of tokens ({\"input_ids\", \"labels\"}) too", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> method = new("--method") { Description = "lora (default), rslora, or full: the whole model learns", HelpName = "METHOD" };
    private readonly Option<int?> rank;
    private readonly Option<double?> alpha = Numbers.Real("--alpha", "strength: the pair is scaled by alpha/rank (default: twice the rank)", 1e-6, 1e6);
    private readonly Option<string?> target = new("--target") { Description = "attention, mlp, all (default), or names of modules parted by commas", HelpName = "WHICH" };
    private readonly Option<int?> topLayers = Numbers.Whole("--top-layers", "only the highest K layers: faster, most of the gain", 1);
    private readonly Option<string?> from = new("--from") { Description = "learn on from this adapter; its method and shapes rule", HelpName = "ADAPTER" };
    private readonly Option<double?> rate;
    private readonly Option<string?> schedule;
    private readonly Option<int?> warmup = Numbers.Whole("--warmup", "steps in which the rate rises (default: one in twenty, at most 20)", 0);
    private readonly Option<int?> steps = Numbers.Whole("--steps", "steps of the run", 1);
    private readonly Option<int?> epochs;
    private readonly Option<int?> batch;
    private readonly Option<int?> length = Numbers.Whole("--length", $"tokens of a row at most (default {TuneOptions.UsualLength})", 2, 1 << 20);
    private readonly Option<double?> decay;
    private readonly Option<double?> clip = Numbers.Real("--clip", "largest norm of the gradient; 0 is no clipping (default 1)", 0, 1e9);
    private readonly Option<string?> validation = new("--validation") { Description = "rows held out: 0, a share such as 0.05 (default), or a number", HelpName = "N" };
    private readonly Option<long?> seed = Numbers.Long("--seed", "seed of everything random (default 42)", 0);
    private readonly Option<bool> noShuffle = new("--no-shuffle") { Description = "rows in the order of the data" };
    private readonly Option<bool> noPack = new("--no-pack") { Description = "one row through the model at a time (slower, the same result)" };
    private readonly Option<int?> atOnce;
    private readonly Option<bool> recompute = new("--recompute") { Description = "keep less of the forward pass and compute it again: a third more work, a fraction of the memory" };
    private readonly Option<double?> hours = Numbers.Real("--hours", "stop, with what was learnt, after so many hours", 1e-6, 1e5);
    private readonly Option<string[]> set = new("--set") { Description = "fill {{NAME}} in the data; repeatable", HelpName = "NAME=VALUE" };
    private readonly Option<bool> keepPlaceholders = new("--keep-placeholders") { Description = "leave {{…}} in the data as text" };

    /// <summary>The options of <c>tune</c>, or (<paramref name="pretraining"/>) of <c>pretrain</c>, which has no adapters.</summary>
    public TuneSettings(bool pretraining = false)
    {
        this.pretraining = pretraining;
        standard = pretraining ? FromNothing : Defaults;
        rank = Numbers.Whole("--rank", $"width of the low-rank pairs (default {standard.Lora.Rank})", 1, 4096);
        rate = Numbers.Real("--lr", $"the highest learning rate (default {standard.Trainer.PeakRate.ToString(CultureInfo.InvariantCulture)})", 1e-12, 10);
        schedule = new("--schedule") { Description = $"constant, linear or cosine (default {standard.Trainer.Schedule.ToString().ToLowerInvariant()})", HelpName = "SHAPE" };
        decay = Numbers.Real("--weight-decay", $"decoupled weight decay (default {standard.Trainer.Optimiser.WeightDecay.ToString(CultureInfo.InvariantCulture)})", 0, 1e3);
        epochs = Numbers.Whole("--epochs", $"times that each row is seen (default {standard.Trainer.Batches.Epochs})", 1, 100_000);
        batch = Numbers.Whole("--batch", $"rows a step (default {standard.Trainer.Batches.BatchSize})", 1, 1 << 20);
        atOnce = Numbers.Whole("--tokens-at-once", $"tokens that go through the model together (default {standard.Trainer.MicroBatchTokens}): less takes less memory", 1, 1 << 20);
    }

    /// <summary>Adds them to a command.</summary>
    public TuneSettings AddTo(Command command)
    {
        command.Arguments.Add(data);
        if (!pretraining)
            foreach (Option option in new Option[] { method, rank, alpha, target, topLayers, from }) command.Options.Add(option);
        foreach (Option option in new Option[]
        {
            rate, schedule, warmup, steps, epochs, batch, length, decay, clip, validation, seed, noShuffle, noPack,
            atOnce, recompute, hours, set, keepPlaceholders,
        })
            command.Options.Add(option);
        return this;
    }

    /// <summary>The data files.</summary>
    public IReadOnlyList<string> Data(ParseResult parsed) => parsed.GetRequiredValue(data);

    /// <summary>The length asked for, if any.</summary>
    public int? Length(ParseResult parsed) => parsed.GetValue(length);

    /// <summary>How the data are read.</summary>
    public DataOptions DataOptions(ParseResult parsed) => AsUsage(() => new DataOptions { Values = Training.Data.DataOptions.ParseValues(parsed.GetValue(set) ?? []), KeepPlaceholders = parsed.GetValue(keepPlaceholders) });

    /// <summary>How the run learns; <paramref name="rowLength"/> is what examples are built with.</summary>
    public TuneOptions Read(ParseResult parsed, int rowLength)
    {
        if (parsed.GetValue(steps) is not null && parsed.GetValue(epochs) is not null) throw new UsageException("give --steps or --epochs, not both");
        string how = pretraining ? "full" : parsed.GetValue(method) ?? "lora";
        if (how is not ("lora" or "rslora" or "full")) throw new UsageException($"--method {how}: lora, rslora and full can be trained");
        if (how == "full" && !pretraining && new Option[] { rank, alpha, target, topLayers, from }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } without)
            throw new UsageException($"{without.Name} is about adapters, and with --method full there is none");
        string? start = pretraining ? null : parsed.GetValue(from);
        if (start is not null && !File.Exists(start) && !Directory.Exists(start)) throw new FileNotFoundException($"the adapter {start} does not exist; check the path", start);
        if (start is not null && new Option[] { method, rank, alpha, target, topLayers }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } ruled)
            throw new UsageException($"{ruled.Name} has no say beside --from: that adapter's method and shapes rule");
        var trainer = standard.Trainer;
        LearningRateShape? rateShape = trainer.Schedule;
        if (parsed.GetValue(schedule) is { } shape && !LearningRate.TryParseShape(shape, out rateShape)) throw new UsageException($"--schedule takes constant, linear or cosine, not '{shape}'");
        return AsUsage(() => standard with
        {
            Lora = pretraining ? standard.Lora : standard.Lora with
            {
                Rank = parsed.GetValue(rank) ?? standard.Lora.Rank,
                Alpha = parsed.GetValue(alpha),
                RankStabilised = how == "rslora",
                Target = parsed.GetValue(target) ?? standard.Lora.Target,
                TopLayers = parsed.GetValue(topLayers),
            },
            Full = how == "full",
            From = start,
            Length = rowLength,
            Validation = parsed.GetValue(validation) is { } held ? ValidationSize.Parse(held) : standard.Validation,
            Seed = (ulong)(parsed.GetValue(seed) ?? (long)standard.Seed),
            Recompute = parsed.GetValue(recompute),
            Trainer = trainer with
            {
                Batches = trainer.Batches with
                {
                    BatchSize = parsed.GetValue(batch) ?? trainer.Batches.BatchSize,
                    Steps = parsed.GetValue(steps),
                    Epochs = parsed.GetValue(epochs) ?? trainer.Batches.Epochs,
                    Shuffle = !parsed.GetValue(noShuffle),
                },
                PeakRate = parsed.GetValue(rate) ?? trainer.PeakRate,
                Schedule = rateShape.Value,
                Warmup = parsed.GetValue(warmup),
                Clip = parsed.GetValue(clip) ?? trainer.Clip,
                Optimiser = trainer.Optimiser with { WeightDecay = parsed.GetValue(decay) ?? trainer.Optimiser.WeightDecay },
                Pack = !parsed.GetValue(noPack),
                MicroBatchTokens = parsed.GetValue(atOnce) ?? trainer.MicroBatchTokens,
                TimeLimit = parsed.GetValue(hours) is { } time ? TimeSpan.FromHours(time) : null,
            },
        });
    }

    private static T AsUsage<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
