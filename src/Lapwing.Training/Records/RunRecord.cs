using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapwing.Training;

/// <summary>A file by what is in it, not by where it lay.</summary>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Bytes">Size.</param>
public sealed record FileIdentity(string Sha256, long Bytes);

/// <summary>The model that a run began from.</summary>
/// <param name="Name">What the model calls itself, if anything.</param>
/// <param name="Architecture">Its family.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Files">Its files.</param>
public sealed record BaseIdentity(string? Name, string Architecture, long Parameters, IReadOnlyList<FileIdentity> Files);

/// <summary>What the data came to.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Rows">Rows read from each file.</param>
/// <param name="Training">Examples learnt from.</param>
/// <param name="Validation">Examples held out.</param>
/// <param name="Tokens">Tokens of the training examples.</param>
/// <param name="LossTokens">Those of them that carry loss.</param>
/// <param name="Problems">Rows with each problem, by its name.</param>
public sealed record DataIdentity(IReadOnlyList<FileIdentity> Files, IReadOnlyList<int> Rows, int Training, int Validation, long Tokens, long LossTokens, IReadOnlyDictionary<string, int> Problems);

/// <summary>
/// Everything that a run was, for whoever releases or repeats it: base and data by hash, options, seed, versions, machine, every step.
/// Holds no paths, no names of people or files, and no text of the data.
/// </summary>
public sealed record RunRecord
{
    /// <summary><c>lora</c>, <c>rslora</c> or <c>full</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The model.</summary>
    public required BaseIdentity Base { get; init; }

    /// <summary>The adapter that the run began from (<c>--from</c>), if any.</summary>
    public IReadOnlyList<FileIdentity>? From { get; init; }

    /// <summary>The data.</summary>
    public required DataIdentity Data { get; init; }

    /// <summary>Every option, defaults included, under the names of the command line.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>Number of tensors and of weights that learnt.</summary>
    public required (int Tensors, long Parameters) Trained { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required ulong Seed { get; init; }

    /// <summary><c>exact</c> or <c>fast</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The instruction level.</summary>
    public required string Level { get; init; }

    /// <summary>The processor's name, if known.</summary>
    public string? Processor { get; init; }

    /// <summary>Threads that computed.</summary>
    public required int Threads { get; init; }

    /// <summary>When the run began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How it ended, and every step.</summary>
    public required TrainingResult Result { get; init; }

    /// <summary>The record as one JSON document.</summary>
    public string ToJson()
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, NewLine = "\n" })) ToNode().WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(memory.ToArray());
    }

    /// <summary>The record as a JSON tree.</summary>
    public JsonObject ToNode() => new()
    {
        ["format"] = "lapwing-run/1",
        ["program"] = new JsonObject { ["name"] = "lapwing", ["version"] = ProgramVersion, ["runtime"] = RuntimeInformation.FrameworkDescription },
        ["method"] = Method,
        ["started"] = Started.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
        ["seconds"] = Math.Round(Result.Seconds, 3),
        ["outcome"] = Result.Outcome switch { TrainingOutcome.Completed => "completed", TrainingOutcome.Interrupted => "interrupted", TrainingOutcome.TimeUp => "time_up", TrainingOutcome.StoppedEarly => "stopped_early", _ => "diverged" },
        ["diagnosis"] = Result.Diagnosis,
        ["kept_step"] = Result.Kept,
        ["base"] = new JsonObject { ["name"] = Base.Name, ["architecture"] = Base.Architecture, ["parameters"] = Base.Parameters, ["files"] = Files(Base.Files) },
        ["from"] = From is null ? null : Files(From),
        ["data"] = new JsonObject
        {
            ["files"] = Files(Data.Files, Data.Rows),
            ["training_examples"] = Data.Training,
            ["validation_examples"] = Data.Validation,
            ["tokens"] = Data.Tokens,
            ["loss_tokens"] = Data.LossTokens,
            ["problems"] = new JsonObject(Data.Problems.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value))),
        },
        ["options"] = Options.DeepClone(),
        ["seed"] = Seed,
        ["trained"] = new JsonObject { ["tensors"] = Trained.Tensors, ["parameters"] = Trained.Parameters },
        ["machine"] = new JsonObject
        {
            ["os"] = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "macos" : OperatingSystem.IsAndroid() ? "android" : "linux",
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            ["cpu"] = Processor,
            ["path"] = Path,
            ["isa"] = Level,
            ["threads"] = Threads,
        },
        ["steps"] = new JsonArray([.. Result.Steps.Select(s => new JsonObject
        {
            ["step"] = s.Step,
            ["loss"] = Number(s.Loss),
            ["lr"] = Number(s.LearningRate),
            ["gradient_norm"] = Number(s.GradientNorm),
            ["tokens_per_second"] = Number(Math.Round(s.TokensPerSecond, 2)),
        })]),
        ["validation"] = new JsonArray([.. Result.Validation.Select(v => new JsonObject { ["step"] = v.Step, ["loss"] = Number(v.Loss) })]),
    };

    private static string ProgramVersion =>
        (typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    private static JsonArray Files(IReadOnlyList<FileIdentity> files, IReadOnlyList<int>? rows = null)
    {
        var list = new JsonArray();
        for (int i = 0; i < files.Count; i++)
        {
            var file = new JsonObject { ["sha256"] = files[i].Sha256, ["bytes"] = files[i].Bytes };
            if (rows is not null) file["rows"] = rows[i];
            list.Add(file);
        }

        return list;
    }

    // JSON has no NaN and no infinity: a run that diverged says null.
    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
