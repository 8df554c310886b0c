using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Training;

/// <summary>
/// Everything that a run needs to go on bit for bit: values, both moments, and what it has done, in one safetensors file beside the adapter. The batches
/// need no state: they follow from the seed and the step.
/// </summary>
internal static unsafe class TrainingState
{
    /// <summary>Its name in the output folder.</summary>
    public const string FileName = "training-state.safetensors";

    private const string Format = "lapwing-training-state/1";
    private static readonly string[] Parts = ["value", "first_moment", "second_moment"];

    /// <summary>Writes the state, atomically. <paramref name="fingerprint"/> says which run it belongs to: base, data and options.</summary>
    public static void Save(string path, Trainer trainer, IReadOnlyList<TrainableTensor> tensors, string fingerprint, double seconds)
    {
        var writer = new SafetensorsWriter();
        writer.Metadata.Clear();
        writer.Metadata["format"] = Format;
        writer.Metadata["fingerprint"] = fingerprint;
        writer.Metadata["history"] = Write(seconds, trainer.History.Steps, trainer.History.Validation);
        for (int t = 0; t < tensors.Count; t++)
        {
            fixed (float* value = tensors[t].Value, first = trainer.Optimiser.FirstMoment(t), second = trainer.Optimiser.SecondMoment(t))
            {
                // The memory is native: the pointers outlive the fixed block.
                writer.AddTensor("value." + tensors[t].Name, ElementType.F32, [tensors[t].Length], (byte*)value);
                writer.AddTensor("first_moment." + tensors[t].Name, ElementType.F32, [tensors[t].Length], (byte*)first);
                writer.AddTensor("second_moment." + tensors[t].Name, ElementType.F32, [tensors[t].Length], (byte*)second);
            }
            if (trainer.Best?.Step is not null) writer.AddTensor("best_value." + tensors[t].Name, ElementType.F32, [tensors[t].Length], MemoryMarshal.AsBytes(trainer.Best.Of(t)).ToArray());
        }

        writer.Write(path);
    }

    /// <summary>Restores a run and returns the seconds that it had taken.</summary>
    /// <exception cref="InvalidDataException">It is no state, or that of another run.</exception>
    public static double Load(string path, Trainer trainer, IReadOnlyList<TrainableTensor> tensors, string fingerprint)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("format") != Format) throw new InvalidDataException($"{path} is not the state of a training run: start anew without --resume");
        if (file.Metadata.GetValueOrDefault("fingerprint") != fingerprint)
            throw new InvalidDataException($"{path} belongs to a run with another base, other data or other options: repeat them exactly, or start anew without --resume");
        var history = Read(path, file.Metadata.GetValueOrDefault("history") ?? "");
        // The best step is the first of the lowest held-out loss, as the run chose it.
        ValidationRecord? best = trainer.Best is null ? null : history.Validation.Where(v => v.Step > 0 && double.IsFinite(v.Loss)).OrderBy(v => v.Loss).Select(v => (ValidationRecord?)v).FirstOrDefault();
        if (file.Tensors.Count != (Parts.Length + (best is null ? 0 : 1)) * tensors.Count) throw Damaged(path);
        for (int t = 0; t < tensors.Count; t++)
        {
            Copy("value", t, tensors[t].Value);
            Copy("first_moment", t, trainer.Optimiser.FirstMoment(t));
            Copy("second_moment", t, trainer.Optimiser.SecondMoment(t));
            if (best is not null) Copy("best_value", t, trainer.Best!.Of(t));
        }

        if (best is { } lowest) trainer.Best!.Mark(lowest);

        trainer.Restore(history.Steps, history.Validation, history.Seconds);
        return history.Seconds;

        void Copy(string part, int t, Span<float> to)
        {
            if (!file.Tensors.TryGetValue($"{part}.{tensors[t].Name}", out var view) || view.Type != ElementType.F32 || view.Count != to.Length) throw Damaged(path);
            new ReadOnlySpan<float>(view.Data, to.Length).CopyTo(to);
        }
    }

    // Rows of numbers, written and read by hand: the program also runs where reflection does not. A held-out loss may be no number, for which JSON has null.
    private static string Write(double seconds, IReadOnlyList<StepRecord> steps, IReadOnlyList<ValidationRecord> validation) => new JsonObject
    {
        ["seconds"] = seconds,
        ["steps"] = new JsonArray([.. steps.Select(s => new JsonArray(s.Step, s.Loss, s.LearningRate, s.GradientNorm, s.TokensPerSecond))]),
        ["validation"] = new JsonArray([.. validation.Select(v => new JsonArray(v.Step, double.IsFinite(v.Loss) ? v.Loss : null))]),
    }.ToJsonString();

    private static (double Seconds, StepRecord[] Steps, ValidationRecord[] Validation) Read(string path, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            return (
                root.GetProperty("seconds").GetDouble(),
                [.. root.GetProperty("steps").EnumerateArray().Select(s => new StepRecord(s[0].GetInt32(), s[1].GetDouble(), s[2].GetDouble(), s[3].GetDouble(), s[4].GetDouble()))],
                [.. root.GetProperty("validation").EnumerateArray().Select(v => new ValidationRecord(v[0].GetInt32(), v[1].ValueKind == JsonValueKind.Null ? double.NaN : v[1].GetDouble()))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw Damaged(path);
        }
    }

    private static InvalidDataException Damaged(string path) => new($"{path} is damaged or incomplete: start anew without --resume");
}
