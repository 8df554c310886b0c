using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lapwing.Formats;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Training.Data;

namespace Lapwing.Training;

/// <summary>
/// One run that teaches a model an adapter: puts the adapter on, holds examples out, learns, and leaves a folder that PEFT and llama.cpp read,
/// with the record of the run. The model is the caller's; the adapter stays on it until the run is disposed.
/// </summary>
public sealed class TuneRun : IDisposable
{
    /// <summary>The record's name in the output folder.</summary>
    public const string RecordName = "run.json";

    /// <summary>The model's name in the output folder, where a GGUF file learnt in full.</summary>
    public const string ModelName = "model.gguf";

    private static readonly TimeSpan BetweenStates = TimeSpan.FromMinutes(5);
    private readonly DecoderModel model;
    private readonly BaseIdentity baseModel;
    private readonly IReadOnlyList<FileIdentity>? from;
    private readonly DataSet data;
    private readonly TuneOptions options;
    private readonly Arithmetic arithmetic;
    private readonly string inferencePath;
    private readonly IReadOnlyList<TrainableTensor> tensors;
    private readonly ModelWorker worker;
    private readonly ModelWorker? validator;
    private readonly Trainer trainer;
    private readonly Adapter? adapter;
    private readonly DateTimeOffset started = DateTimeOffset.UtcNow;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">The model to teach.</param>
    /// <param name="baseModel">What it is, for the record.</param>
    /// <param name="data">The data, for the record.</param>
    /// <param name="examples">The examples built from it.</param>
    /// <param name="training">How gradients are computed.</param>
    /// <param name="inference">How the tuned model will be run: the held-out loss is measured by it.</param>
    /// <param name="options">What to do.</param>
    /// <exception cref="ArgumentException">Options that make no sense, or do not fit the model.</exception>
    /// <exception cref="InvalidDataException">The adapter to begin from is damaged or made for another base.</exception>
    public TuneRun(DecoderModel model, BaseIdentity baseModel, DataSet data, IReadOnlyList<Example> examples, Arithmetic training, Arithmetic inference, TuneOptions options)
    {
        TuneOptions.LengthFor(model.Info.ContextLength, options.Length);
        (this.model, this.baseModel, this.data, this.options, arithmetic, inferencePath) = (model, baseModel, data, Seeded(options), training, inference.Path);
        from = options.From is null ? null : FileIdentities.Of(options.From);
        Split = ValidationSplit.Create(examples, options.Validation, options.Seed);
        if (Split.Training.Length == 0) throw new InvalidDataException("nothing is left to learn from: hold less out (--validation)");
        bool keepBest = options.Trainer.KeepBest ?? (options.Trainer.Patience is not null || (!options.Full && Split.Validation.Length >= TrainerOptions.EnoughToChoose));
        this.options = options = this.options with { Trainer = this.options.Trainer with { KeepBest = keepBest } };
        if (options.Full && options.From is not null) throw new ArgumentException("--from starts from an adapter, and training in full has none");
        adapter = options.Full ? null : options.From is null ? LoraTuning.Create(model, this.options.Lora) : LoraTuning.From(model, options.From);
        try
        {
            tensors = adapter is null ? Trainable.All(model) : [.. adapter.Parameters.Select(Trainable.Of)];
            worker = new(model, training, options.Recompute);
            validator = Split.Validation.Length > 0 ? new(model, inference) : null;
            trainer = new(tensors, worker, validator, Split, model.Info.Vocabulary, this.options.Trainer);
        }
        catch
        {
            adapter?.Dispose();
            worker?.Dispose();
            validator?.Dispose();
            throw;
        }
    }

    /// <summary>The adapter that learns.</summary>
    /// <exception cref="InvalidOperationException">The whole model learns (<see cref="TuneOptions.Full"/>).</exception>
    public Adapter Adapter => adapter ?? throw new InvalidOperationException("the whole model learns: there is no adapter");

    /// <summary><c>lora</c>, <c>rslora</c> or <c>full</c>.</summary>
    public string Method => adapter is null ? "full" : adapter.Config.UseRsLora ? "rslora" : "lora";

    /// <summary>What is learnt from and what is held out.</summary>
    public ValidationSplit Split { get; }

    /// <summary>What the machine's processor is called, for the record.</summary>
    public string? Processor { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public int Steps => trainer.Steps;

    /// <summary>Whether the values at the lowest held-out loss are kept rather than the last ones.</summary>
    public bool KeepsBest => options.Trainer.KeepBest == true;

    /// <summary>Weights that learn.</summary>
    public long TrainedParameters => tensors.Sum(t => (long)t.Length);

    /// <summary>
    /// Refuses a folder that already holds something: it may be hours of someone's work. A run that goes on (<paramref name="resume"/>) needs the
    /// state that its first part left there.
    /// </summary>
    /// <exception cref="IOException">The folder is not empty, or lacks the state, or cannot be made.</exception>
    public static void ClaimFolder(string folder, bool resume)
    {
        bool state = File.Exists(Path.Combine(folder, TrainingState.FileName));
        if (resume && !state) throw new IOException($"{folder} holds no {TrainingState.FileName}: there is no run to go on with; leave --resume out");
        if (!resume && state) throw new IOException($"{folder} holds a run that was not finished: go on with --resume, or choose another folder with -o");
        if (!resume && new[] { "adapter_config.json", ModelName, "model.safetensors" }.Any(f => File.Exists(Path.Combine(folder, f))))
            throw new IOException($"{folder} already holds an adapter or a model: choose another folder with -o, or delete that one");
        if (File.Exists(folder)) throw new IOException($"{folder} is a file: name a folder with -o");
        if (!resume && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(e => Path.GetFileName(e) != RunLock.FileName))
            throw new IOException($"{folder} is not empty: choose a new folder with -o");
        Directory.CreateDirectory(folder);
    }

    /// <summary>
    /// What the run will take, by trying the largest batch (and the largest held-out part) that fits at once. Nothing is learnt by it.
    /// </summary>
    public TunePlan Plan()
    {
        int most = options.Trainer.MicroBatchTokens;
        var (rate, bytes) = Measure(Split.Training, part => _ = worker.LossAndGradients(part, 0), worker);
        foreach (var tensor in tensors) tensor.Gradient.Clear();
        var (forward, forwardBytes) = validator is null ? (0, 0) : Measure(Split.Validation, part => validator.Losses(part, new double[part.Length]), validator);
        return new(Steps, trainer.Tokens, trainer.Validations * Split.Validation.Sum(e => (long)e.Ids.Length), TrainedParameters, rate, forward, bytes + forwardBytes, (options.Trainer.KeepBest == true ? 20 : 16) * TrainedParameters);

        (double Rate, long Bytes) Measure(Example[] examples, Action<Example[]> work, ModelWorker by)
        {
            Example[] longest = [.. examples.OrderByDescending(e => e.Ids.Length)];
            Example[] part = [.. MicroBatches.Cut(longest, most).First()];
            // Once for the memory and the code that is compiled on first use, once for the clock.
            work(part);
            long began = Stopwatch.GetTimestamp();
            work(part);
            return (part.Sum(e => (long)e.Ids.Length) / Math.Max(1e-9, Stopwatch.GetElapsedTime(began).TotalSeconds), by.Bytes);
        }
    }

    /// <summary>Learns. Every few minutes, and when stopped, the state is written to <paramref name="folder"/>, so that <paramref name="resume"/> can go on bit for bit.</summary>
    /// <returns>The result; nothing but the state has been written.</returns>
    public TrainingResult Run(string folder, bool resume = false, Action<StepRecord>? onStep = null, Action<ValidationRecord>? onValidation = null, CancellationToken cancellation = default)
    {
        string state = Path.Combine(folder, TrainingState.FileName), fingerprint = Fingerprint();
        double before = 0;
        if (resume) before = TrainingState.Load(state, trainer, tensors, fingerprint);
        long began = Stopwatch.GetTimestamp(), saved = began;
        var result = trainer.Run(
            step =>
            {
                onStep?.Invoke(step);
                if (Stopwatch.GetElapsedTime(saved) < BetweenStates || trainer.Optimiser.Steps != step.Step + 1) return;
                TrainingState.Save(state, trainer, tensors, fingerprint, before + Stopwatch.GetElapsedTime(began).TotalSeconds);
                saved = Stopwatch.GetTimestamp();
            },
            onValidation,
            cancellation);
        if (result.Outcome is TrainingOutcome.Interrupted or TrainingOutcome.TimeUp && trainer.Optimiser.Steps > 0)
            TrainingState.Save(state, trainer, tensors, fingerprint, result.Seconds);
        else if (result.Outcome == TrainingOutcome.Diverged) File.Delete(state); // going on with it would diverge again, bit for bit
        if (result.Outcome != TrainingOutcome.Diverged) trainer.TakeBest();
        return result;
    }

    /// <summary>The record of a result of this run.</summary>
    public RunRecord Record(TrainingResult result) => new()
    {
        Processor = Processor,
        Method = Method,
        Base = baseModel,
        From = from,
        Data = new(
            [.. data.Files.Select(f => new FileIdentity(f.Sha256, f.Bytes))],
            [.. data.Files.Select(f => f.Rows)],
            Split.Training.Length,
            Split.Validation.Length,
            Split.Training.Sum(e => (long)e.Ids.Length),
            Split.Training.Sum(e => (long)e.LossTokens),
            data.Report.Counts.ToDictionary(c => JsonNamingSnake(c.Key), c => c.Value)),
        Options = Options(),
        Trained = (tensors.Count, TrainedParameters),
        Seed = options.Seed,
        Path = arithmetic.Path,
        Level = arithmetic.Level,
        Threads = ThreadTeam.Shared.Count,
        Started = started,
        Result = result,
    };

    /// <summary>
    /// Writes the adapter as a PEFT folder with <c>adapter.gguf</c> (or the whole model, in the form of <paramref name="source"/>), the loss plot and,
    /// last, the run record. Every file appears complete or not at all. The state of a run that has ended goes when all is written: where the disk is full,
    /// the run can go on from it to its end again.
    /// </summary>
    /// <param name="folder">Where to.</param>
    /// <param name="result">What <see cref="Run"/> came to.</param>
    /// <param name="source">The file or folder that the model was loaded from; needed where the whole model learnt.</param>
    /// <returns>What could not be written in one of the forms, and why; null where all was.</returns>
    /// <exception cref="InvalidOperationException">The run diverged: there is nothing worth keeping.</exception>
    /// <exception cref="IOException">The disk is full or not writable.</exception>
    public string? Save(string folder, TrainingResult result, string? source = null)
    {
        if (result.Outcome == TrainingOutcome.Diverged) throw new InvalidOperationException("the run diverged: what it learnt is worthless and is not saved");
        string? note = null;
        if (adapter is null) SaveModel(folder, source ?? throw new ArgumentException("a model that learnt in full is saved beside where it came from: name that", nameof(source)));
        else
        {
            AdapterWriter.ToPeft(adapter, folder);
            try
            {
                AdapterWriter.ToGguf(adapter, model, Path.Combine(folder, "adapter.gguf"));
            }
            catch (NotSupportedException e)
            {
                note = $"no adapter.gguf: {e.Message}";
            }
        }

        AtomicFile.WriteAllText(Path.Combine(folder, "loss.svg"), LossPlot.ToSvg(result.Steps, result.Validation));
        AtomicFile.WriteAllText(Path.Combine(folder, RecordName), Record(result).ToJson());
        if (result.Outcome is TrainingOutcome.Completed or TrainingOutcome.StoppedEarly) File.Delete(Path.Combine(folder, TrainingState.FileName));
        return note;
    }

    // In the form from which it was loaded.
    private void SaveModel(string folder, string source)
    {
        if (Directory.Exists(source)) TrainedModel.ToFolder(model, source, folder);
        else TrainedModel.ToGguf(model, source, Path.Combine(folder, ModelName));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        trainer.Dispose();
        worker.Dispose();
        validator?.Dispose();
        adapter?.Dispose();
    }

    private JsonObject Options() => OptionsJson.Of(options, trainer.Warmup, trainer.Steps, arithmetic.Path == "exact");

    // Whatever decides a bit of the outcome: a run may only go on as what it was.
    private string Fingerprint()
    {
        var text = new StringBuilder(Options().ToJsonString()).Append(options.Seed).Append(Method).Append(arithmetic.Path).Append(inferencePath).Append(baseModel.Architecture);
        foreach (var file in baseModel.Files.Concat(from ?? []).Select(f => f.Sha256).Concat(data.Files.Select(f => f.Sha256))) text.Append(' ').Append(file);
        // The data as it was read: placeholders filled in otherwise make other examples of the same files.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(text.ToString()));
        // What is held out decides which step is kept.
        foreach (var example in Split.Training.Concat(Split.Validation))
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(example.Ids.AsSpan()));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(example.Labels.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static TuneOptions Seeded(TuneOptions o) =>
        o with { Lora = o.Lora with { Seed = o.Seed }, Trainer = o.Trainer with { Batches = o.Trainer.Batches with { Seed = o.Seed } } };

    private static string JsonNamingSnake(RowProblem problem) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(problem.ToString());
}
