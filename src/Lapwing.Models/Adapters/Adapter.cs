using Lapwing.Formats.Peft;

namespace Lapwing.Models;

/// <summary>
/// A set of low-rank adapters for one model: loaded from a PEFT folder or a GGUF file, or fresh for training. Attached, every forward pass
/// includes it; several may be attached at once.
/// </summary>
public sealed class Adapter : IDisposable
{
    private bool attached;

    internal Adapter(string name, AdapterConfig config, IReadOnlyList<(Linear Layer, LoraAdapter Lora)> parts)
    {
        if (parts.Count == 0) throw new InvalidDataException($"{name} holds no adapter for any layer of this model: it was made for another base");
        (Name, Config, Parts) = (name, config, parts);
    }

    /// <summary>Where it came from.</summary>
    public string Name { get; }

    /// <summary>Rank, alpha, targets, in PEFT's words.</summary>
    public AdapterConfig Config { get; }

    /// <summary>The adapted layers, in the model's order.</summary>
    public IReadOnlyList<(Linear Layer, LoraAdapter Lora)> Parts { get; }

    /// <summary>What it learns.</summary>
    public IEnumerable<Parameter> Parameters => Parts.SelectMany(p => p.Lora.Parameters);

    /// <summary>
    /// A fresh adapter on every layer that <paramref name="config"/> targets: A and B zero, to be filled by who trains it.
    /// </summary>
    /// <exception cref="ArgumentException">The configuration targets nothing in this model.</exception>
    public static Adapter Create(DecoderModel model, AdapterConfig config)
    {
        var parts = new List<(Linear, LoraAdapter)>();
        foreach (var layer in model.Linears)
        {
            if (config.TargetsAllLinear && layer == model.Head.Output || !config.Targets(layer.Name)) continue;
            int rank = config.RankOf(layer.Name);
            var a = new Parameter(layer.Name + ".lora_A.weight", rank, layer.Inputs);
            var b = new Parameter(layer.Name + ".lora_B.weight", layer.Outputs, rank);
            parts.Add((layer, new LoraAdapter(a, b, (float)config.ScaleOf(layer.Name))));
        }
        if (parts.Count == 0)
            throw new ArgumentException($"the adapter's targets match no layer of this model; its layers are named like {string.Join(", ", model.Linears.Take(7).Select(l => l.Name))}");
        return new Adapter("new", config, parts);
    }

    /// <summary>Reads an adapter for <paramref name="model"/>; <paramref name="scale"/> multiplies its effect.</summary>
    /// <param name="model">Its base.</param>
    /// <param name="path">A PEFT folder or a GGUF file.</param>
    /// <param name="scale">1 for as trained.</param>
    /// <exception cref="InvalidDataException">It is damaged or made for another base.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static Adapter Load(DecoderModel model, string path, float scale = 1)
    {
        if (!float.IsFinite(scale)) throw new ArgumentException($"the adapter's scale is {scale}: give a finite number");
        var adapter = Directory.Exists(path) ? AdapterReader.FromPeft(model, path) : AdapterReader.FromGguf(model, path);
        foreach (var (_, lora) in adapter.Parts) lora.Scale *= scale;
        return adapter;
    }

    /// <summary>Makes every forward pass include it.</summary>
    public void Attach()
    {
        if (attached) return;
        foreach (var (layer, lora) in Parts) layer.Attach(lora);
        attached = true;
    }

    /// <summary>Takes it off again.</summary>
    public void Detach()
    {
        if (!attached) return;
        foreach (var (layer, lora) in Parts) layer.Detach(lora);
        attached = false;
    }

    /// <summary>Gathers gradients for its matrices from now on.</summary>
    public void Train()
    {
        foreach (var parameter in Parameters) parameter.Train();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        foreach (var parameter in Parameters) parameter.Dispose();
    }
}
