using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Peft;
using Lapwing.Tensors.Blocks;

namespace Lapwing.Models;

/// <summary>Reads adapters and lays them on a model's layers, rows in the order in which the model's own weights stand.</summary>
internal static unsafe class AdapterReader
{
    private const string PeftPrefix = "base_model.model.";

    public static Adapter FromPeft(DecoderModel model, string path)
    {
        using var folder = PeftFolder.Open(path);
        var config = folder.Config;
        if (config.UseDora) throw new NotSupportedException($"{path} is a DoRA adapter, which this version does not compute: merge it into its base with PEFT, or train LoRA");
        if (config.ModulesToSave.Count > 0) throw new NotSupportedException($"{path} holds whole modules beside its adapters ({string.Join(", ", config.ModulesToSave)}), which this version does not load");
        var found = new Dictionary<Linear, (TensorView? A, TensorView? B)>();
        foreach (var (key, view) in folder.Tensors)
        {
            string name = key.StartsWith(PeftPrefix, StringComparison.Ordinal) ? key[PeftPrefix.Length..] : key;
            bool isA = name.EndsWith(".lora_A.weight", StringComparison.Ordinal), isB = name.EndsWith(".lora_B.weight", StringComparison.Ordinal);
            if (!isA && !isB) throw new NotSupportedException($"{path}: tensor {Wording.Quote(key)} is neither lora_A nor lora_B: leaving it out would be silently wrong");
            string module = name[..^".lora_A.weight".Length];
            var layer = model.Linears.FirstOrDefault(l => l.Name == module) ?? model.Linears.FirstOrDefault(l => Ends(l.Name, module) || Ends(module, l.Name))
                ?? throw new InvalidDataException($"{path}: the adapter adapts {Wording.Quote(module)}, which this model does not have: it was made for another base");
            var pair = found.GetValueOrDefault(layer);
            found[layer] = isA ? (view, pair.B) : (pair.A, view);
        }
        var parts = new List<(Linear, LoraAdapter)>();
        foreach (var layer in model.Linears)
        {
            if (!found.TryGetValue(layer, out var pair)) continue;
            if (pair.A is null || pair.B is null) throw new InvalidDataException($"{path}: '{layer.Name}' has only one of lora_A and lora_B: the file is incomplete");
            int rank = config.RankOf(layer.Name);
            float[] b = Numbers(pair.B, layer.Outputs, rank, path);
            if (layer.StoredRows is { } order) b = order.ToGguf(b, rank);
            parts.Add((layer, Lora(layer, rank, Numbers(pair.A, rank, layer.Inputs, path), b, (float)config.ScaleOf(layer.Name))));
        }
        return new Adapter(path, config, parts);
    }

    public static Adapter FromGguf(DecoderModel model, string path)
    {
        using var file = GgufLora.Open(path);
        if (file.Architecture != model.Info.Architecture)
            throw new InvalidDataException($"{path} is an adapter for a model of architecture {Wording.Quote(file.Architecture)}; this one is '{model.Info.Architecture}'");
        var parts = new List<(Linear, LoraAdapter)>();
        var pairs = file.Pairs.ToDictionary(p => p.Name);
        foreach (var layer in model.Linears)
        {
            if (layer.GgufName is null || !pairs.Remove(layer.GgufName + ".weight", out var pair)) continue;
            float[] b = Numbers(pair.B, layer.Outputs, pair.Rank, path);
            if (layer.GgufRows is { } order && !layer.InGgufOrder) b = order.ToReference(b, pair.Rank);
            parts.Add((layer, Lora(layer, pair.Rank, Numbers(pair.A, pair.Rank, layer.Inputs, path), b, file.Alpha / pair.Rank)));
        }
        if (pairs.Count > 0) throw new InvalidDataException($"{path}: the adapter adapts {Wording.Quote(pairs.Keys.First())}, which this model does not have or cannot adapt: it was made for another base");
        // One rank and alpha stand for all; where a tensor's rank differs, its own scale is already in place.
        int common = parts.Count > 0 ? parts.Max(p => p.Item2.Rank) : 1;
        var config = new AdapterConfig
        {
            Rank = common, Alpha = file.Alpha,
            TargetModules = ModulePattern.Of([.. parts.Select(p => p.Item1.Name).Distinct()]),
            RankPattern = parts.Where(p => p.Item2.Rank != common).ToDictionary(p => p.Item1.Name, p => p.Item2.Rank),
        };
        return new Adapter(path, config, parts);
    }

    private static LoraAdapter Lora(Linear layer, int rank, float[] a, float[] b, float scale)
    {
        var lora = new LoraAdapter(new Parameter(layer.Name + ".lora_A.weight", rank, layer.Inputs), new Parameter(layer.Name + ".lora_B.weight", layer.Outputs, rank), scale);
        a.CopyTo(new Span<float>(lora.A.Floats, a.Length));
        b.CopyTo(new Span<float>(lora.B.Floats, b.Length));
        return lora;
    }

    private static float[] Numbers(TensorView view, int rows, int columns, string path)
    {
        if (view.Shape.Count != 2 || view.Shape[0] != rows || view.Shape[1] != columns)
            throw new InvalidDataException($"{path}: {view.Name} is [{string.Join(", ", view.Shape)}] where this model and the adapter's rank ask for [{rows}, {columns}]: it was made for another base");
        RealNumbers.Require(view);
        var numbers = new float[view.Count];
        fixed (float* to = numbers) BlockCodec.Dequantise(view.Type, view.Data, to, view.Count);
        foreach (float number in numbers)
            if (!float.IsFinite(number)) throw new InvalidDataException($"{path}: {view.Name} holds a value that is no number: the file is damaged or the training diverged");
        return numbers;
    }

    private static bool Ends(string name, string module) => name.EndsWith("." + module, StringComparison.Ordinal);
}
