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
    private readonly Option<string?> method = new("--method") { Description = "lora (default), rslora (for large ranks), or full: the whole model learns", HelpName = "METHOD" };
    private readonly Option<int?> rank;
    private readonly Option<double?> alpha = Numbers.Real("--alpha", $"strength: the pair is scaled by alpha/rank (default: twice the rank); with rslora by alpha/√rank (default {TuneDefaults.RankStabilisedAlpha})", 1e-6, 1e6);
    private readonly Option<string?> target = new("--target") { Description = "layers that get a pair: all (default), attention, mlp, names parted by commas (q_proj,v_proj), or regex:…", HelpName = "WHICH" };
    private readonly Option<int?> topLayers = Numbers.Whole("--top-layers", "only the highest K layers: faster, most of the gain", 1);
    private readonly Option<string[]> rankPattern = new("--rank-pattern") { Description = "another rank for modules whose name ends in REGEX; repeatable", HelpName = "REGEX=N" };
    private readonly Option<string[]> alphaPattern = new("--alpha-pattern") { Description = "another alpha for modules whose name ends in REGEX; repeatable", HelpName = "REGEX=X" };
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
    private readonly Option<int?> validateEvery = Numbers.Whole("--validate-every", "steps between two looks at the rows held out (default: an epoch)", 1);
    private readonly Option<bool> keepBest = new("--keep-best") { Description = $"keep the step of the lowest held-out loss, not the last one (default for adapters where {TrainerOptions.EnoughToChoose} rows or more are held out)" };
    private readonly Option<bool> keepLast = new("--keep-last") { Description = "keep the last step, whatever the held-out loss says" };
    private readonly Option<int?> patience = Numbers.Whole("--patience", "stop after N looks at the rows held out without a new lowest loss, and keep the best (default: run to the end)", 1);
    private readonly Option<long?> seed = Numbers.Long("--seed", "seed of everything random (default 42)", 0);
    private readonly Option<bool> noShuffle = new("--no-shuffle") { Description = "rows in the order of the data" };
    private readonly Option<bool> noPack = new("--no-pack") { Description = "one row through the model at a time (slower, the same result)" };
    private readonly Option<int?> atOnce;
    private readonly Option<bool> recompute = new("--recompute") { Description = "keep less of the forward pass and compute it again: a third more work, a fraction of the memory" };
    private readonly Option<double?> hours = Numbers.Real("--hours", "stop after so many hours with what was learnt; --resume goes on", 1e-6, 1e5);
    private readonly Option<string[]> set = new("--set") { Description = "fill {{NAME}} in the data; repeatable", HelpName = "NAME=VALUE" };
    private readonly Option<bool> keepPlaceholders = new("--keep-placeholders") { Description = "leave {{…}} in the data as text" };

    /// <summary>The options of <c>tune</c>, or (<paramref name="pretraining"/>) of <c>pretrain</c>, which has no adapters.</summary>
    public TuneSettings(bool pretraining = false)
    {
        this.pretraining = pretraining;
        standard = pretraining ? FromNothing : Defaults;
        rank = Numbers.Whole("--rank", $"width of the low-rank pairs (default {standard.Lora.Rank})", 1, 4096);
        string usualRate = pretraining ? standard.Trainer.PeakRate.ToString(CultureInfo.InvariantCulture) : TuneDefaults.RateInWords;
        rate = Numbers.Real("--lr", $"the highest learning rate (default {usualRate})", 1e-12, 10);
        schedule = new("--schedule") { Description = $"constant, linear or cosine (default {standard.Trainer.Schedule.ToString().ToLowerInvariant()})", HelpName = "SHAPE" };
        decay = Numbers.Real("--weight-decay", $"decoupled weight decay (default {standard.Trainer.Optimiser.WeightDecay.ToString(CultureInfo.InvariantCulture)})", 0, 1e3);
        string usualEpochs = pretraining ? standard.Trainer.Batches.Epochs.ToString(CultureInfo.InvariantCulture) : TuneDefaults.EpochsInWords;
        epochs = Numbers.Whole("--epochs", $"times that each row is seen (default {usualEpochs})", 1, 100_000);
        batch = Numbers.Whole("--batch", $"rows a step (default {standard.Trainer.Batches.BatchSize})", 1, 1 << 20);
        atOnce = Numbers.Whole("--tokens-at-once", $"tokens that go through the model together (default {standard.Trainer.MicroBatchTokens}): less takes less memory", 1, 1 << 20);
    }

    /// <summary>Adds them to a command.</summary>
    public TuneSettings AddTo(Command command)
    {
        command.Arguments.Add(data);
        if (!pretraining)
            foreach (Option option in new Option[] { method, rank, alpha, target, topLayers, rankPattern, alphaPattern, from }) command.Options.Add(option);
        foreach (Option option in new Option[]
        {
            rate, schedule, warmup, steps, epochs, batch, length, decay, clip, validation, validateEvery, keepBest, keepLast, patience, seed, noShuffle, noPack,
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

    /// <summary>Finds what is wrong with the options alone, before anything is read.</summary>
    /// <exception cref="UsageException">See <see cref="Read"/>.</exception>
    public void Check(ParseResult parsed)
    {
        Read(parsed, TuneOptions.UsualLength, int.MaxValue);
        DataOptions(parsed);
    }

    /// <summary>How the run learns.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="rowLength">What examples are built with.</param>
    /// <param name="examples">How many there are, where that is known: rate and epochs depend on it.</param>
    /// <param name="width">The model's hidden width.</param>
    /// <exception cref="UsageException">A setting makes no sense, or two contradict each other.</exception>
    public TuneOptions Read(ParseResult parsed, int rowLength, int examples, int width = 1)
    {
        if (parsed.GetValue(steps) is not null && parsed.GetValue(epochs) is not null) throw new UsageException("give --steps or --epochs, not both");
        if (parsed.GetValue(keepLast) && (parsed.GetValue(keepBest) || parsed.GetValue(patience) is not null)) throw new UsageException($"--keep-last and {(parsed.GetValue(keepBest) ? "--keep-best" : "--patience")} contradict each other");
        string how = pretraining ? "full" : parsed.GetValue(method) ?? "lora";
        if (how is "dora" or "dpo") throw new UsageException($"--method {how} comes in a later version; lora, rslora and full are there");
        if (how is not ("lora" or "rslora" or "full")) throw new UsageException($"--method {how}: lora, rslora and full can be trained");
        if (how == "full" && !pretraining && new Option[] { rank, alpha, target, topLayers, rankPattern, alphaPattern, from }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } without)
            throw new UsageException($"{without.Name} is about adapters, and with --method full there is none");
        string? start = pretraining ? null : parsed.GetValue(from);
        if (start is not null && !File.Exists(start) && !Directory.Exists(start)) throw new FileNotFoundException($"the adapter {start} does not exist; check the path", start);
        if (start is not null && new Option[] { method, rank, alpha, target, topLayers, rankPattern, alphaPattern }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } ruled)
            throw new UsageException($"{ruled.Name} has no say beside --from: that adapter's method and shapes rule");
        var trainer = standard.Trainer;
        LearningRateShape? rateShape = trainer.Schedule;
        if (parsed.GetValue(schedule) is { } shape && !LearningRate.TryParseShape(shape, out rateShape)) throw new UsageException($"--schedule takes constant, linear or cosine, not '{shape}'");
        var held = AsUsage(() => parsed.GetValue(validation) is { } size ? ValidationSize.Parse(size) : standard.Validation);
        bool choosing = parsed.GetValue(keepBest) || parsed.GetValue(patience) is not null;
        if (choosing && AsUsage(() => held.Of(examples)) == 0) throw new UsageException($"{(parsed.GetValue(keepBest) ? "--keep-best" : "--patience")} needs rows held out to judge by: give --validation 10, say");
        int learnt = examples - AsUsage(() => held.Of(examples));
        var usual = pretraining ? new(trainer.Batches.BatchSize, trainer.Batches.Epochs, trainer.PeakRate) : TuneDefaults.For(learnt, width, how == "full", parsed.GetValue(batch));
        return AsUsage(() => standard with
        {
            Lora = pretraining ? standard.Lora : standard.Lora with
            {
                Rank = parsed.GetValue(rank) ?? standard.Lora.Rank,
                Alpha = parsed.GetValue(alpha) ?? (how == "rslora" ? TuneDefaults.RankStabilisedAlpha : null),
                RankStabilised = how == "rslora",
                Target = parsed.GetValue(target) ?? standard.Lora.Target,
                TopLayers = parsed.GetValue(topLayers),
                RankPattern = Pattern(rankPattern, parsed, "a rank, such as q_proj=32", (string s, out int v) => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out v) && v > 0),
                AlphaPattern = Pattern(alphaPattern, parsed, "an alpha, such as q_proj=64", (string s, out double v) => double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out v) && v > 0 && double.IsFinite(v)),
            },
            Full = how == "full",
            From = start,
            Length = rowLength,
            Validation = held,
            Seed = (ulong)(parsed.GetValue(seed) ?? (long)standard.Seed),
            Recompute = parsed.GetValue(recompute),
            Trainer = trainer with
            {
                Batches = trainer.Batches with
                {
                    BatchSize = parsed.GetValue(batch) ?? usual.Batch,
                    Steps = parsed.GetValue(steps),
                    Epochs = parsed.GetValue(epochs) ?? usual.Epochs,
                    Shuffle = !parsed.GetValue(noShuffle),
                },
                PeakRate = parsed.GetValue(rate) ?? usual.Rate,
                Schedule = rateShape.Value,
                Warmup = parsed.GetValue(warmup),
                ValidateEvery = parsed.GetValue(validateEvery),
                KeepBest = parsed.GetValue(keepLast) ? false : parsed.GetValue(keepBest) ? true : null,
                Patience = parsed.GetValue(patience),
                Clip = parsed.GetValue(clip) ?? trainer.Clip,
                Optimiser = trainer.Optimiser with { WeightDecay = parsed.GetValue(decay) ?? trainer.Optimiser.WeightDecay },
                Pack = !parsed.GetValue(noPack),
                MicroBatchTokens = parsed.GetValue(atOnce) ?? trainer.MicroBatchTokens,
                TimeLimit = parsed.GetValue(hours) is { } time ? TimeSpan.FromHours(time) : null,
            },
        });
    }

    private delegate bool TryParse<T>(string text, out T value);

    // A regular expression may hold '=': the last one parts.
    private static KeyValuePair<string, T>[] Pattern<T>(Option<string[]> option, ParseResult parsed, string wanted, TryParse<T> parse)
    {
        var pairs = new List<KeyValuePair<string, T>>();
        foreach (string text in parsed.GetValue(option) ?? [])
        {
            int equals = text.LastIndexOf('=');
            if (equals < 1 || !parse(text[(equals + 1)..], out T value)) throw new UsageException($"{option.Name} takes the end of a module's name and {wanted}, not '{text}'");
            if (pairs.Any(p => p.Key == text[..equals])) throw new UsageException($"{option.Name} {text[..equals]} is given twice");
            pairs.Add(new(text[..equals], value));
        }
        return [.. pairs];
    }

    /// <summary>Runs <paramref name="read"/>; what it finds wrong with an option is wrong usage.</summary>
    public static T AsUsage<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e) when (e.Message.StartsWith("--", StringComparison.Ordinal))
        {
            throw new UsageException(e.Message);
        }
    }
}
