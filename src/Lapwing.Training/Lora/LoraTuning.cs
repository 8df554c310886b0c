using Lapwing.Models;

namespace Lapwing.Training;

/// <summary>Puts adapters that learn on a model.</summary>
public static class LoraTuning
{
    /// <summary>A new adapter, attached and set to learn: A random, B zero, so that it changes nothing yet.</summary>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    public static unsafe Adapter Create(DecoderModel model, LoraOptions options)
    {
        LoraSite[] sites = [.. model.Linears.Select(l => new LoraSite(l.Name, l.Inputs, l.Outputs, l.Weight.StoredTransposed))];
        var plan = LoraPlan.Create(sites, options);
        var adapter = Adapter.Create(model, plan.Config);
        var placements = plan.Placements.ToDictionary(p => p.Site.Name);
        foreach (var (layer, lora) in adapter.Parts)
            LoraPlan.FillA(new Span<float>(lora.A.Floats, checked((int)lora.A.Count)), placements[layer.Name].Site, options.Seed);
        return Learn(adapter);
    }

    /// <summary>The adapter at <paramref name="path"/> (a PEFT folder or a GGUF file), attached and set to learn on: its method and shapes rule.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or was made for another base.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static Adapter From(DecoderModel model, string path) => Learn(Adapter.Load(model, path));

    private static Adapter Learn(Adapter adapter)
    {
        adapter.Attach();
        adapter.Train();
        return adapter;
    }
}
