namespace Lapwing.Training;

/// <summary>Decides which layers of a model get a low-rank pair, and fills new pairs as PEFT does.</summary>
public static class LoraPlan
{
    /// <summary>The placements that <paramref name="options"/> mean among a model's linear layers, in the model's order.</summary>
    /// <exception cref="ArgumentException">Nothing matches, or a number makes no sense; the message names the option and what exists.</exception>
    public static IReadOnlyList<LoraPlacement> Create(IReadOnlyList<LoraSite> sites, LoraOptions options)
    {
        if (options.Rank < 1) throw new ArgumentException($"--rank {options.Rank}: must be at least 1");
        if (options.TopLayers is < 1) throw new ArgumentException($"--top-layers {options.TopLayers}: must be at least 1");
        var wanted = Layers(sites, options);
        var placements = new List<LoraPlacement>();
        foreach (var site in sites)
        {
            if (!ModuleNames.IsTarget(site.Name, options.Target)) continue;
            if (wanted is not null && !(ModuleNames.LayerOf(site.Name) is int layer && wanted.Contains(layer))) continue;
            placements.Add(Place(site, options));
        }

        if (placements.Count > 0) return placements;
        var names = sites.Select(s => s.Name[(s.Name.LastIndexOf('.') + 1)..]).Distinct();
        throw new ArgumentException($"--target {options.Target} matches no linear layer of this model; it has {string.Join(", ", names)} (or say attention, mlp, all)");
    }

    /// <summary>
    /// The first values of A [rank, inputs]: uniform in ±1/√inputs, which is what PyTorch's kaiming_uniform_(a = √5) comes to. B starts at zero,
    /// so that the untrained adapter changes nothing. Each layer's numbers depend on the seed and its name only.
    /// </summary>
    public static void FillA(Span<float> a, LoraPlacement placement, ulong seed)
    {
        var random = new SeededRandom(seed, "lora_A " + placement.Site.Name);
        float bound = 1 / MathF.Sqrt(placement.Site.Inputs);
        foreach (ref float value in a) value = (2 * random.NextSingle() - 1) * bound;
    }

    private static LoraPlacement Place(LoraSite site, LoraOptions options)
    {
        int rank = ModuleNames.FirstMatch(site.Name, options.RankPattern, "--rank-pattern") ?? options.Rank;
        double alpha = ModuleNames.FirstMatch(site.Name, options.AlphaPattern, "--alpha-pattern") ?? options.Alpha ?? 2.0 * options.Rank;
        if (rank < 1) throw new ArgumentException($"--rank-pattern gives {site.Name} rank {rank}: must be at least 1");
        if (rank > Math.Min(site.Inputs, site.Outputs))
            throw new ArgumentException($"--rank {rank} is more than {site.Name} [{site.Outputs}, {site.Inputs}] can have: at most {Math.Min(site.Inputs, site.Outputs)}");
        if (!double.IsFinite(alpha) || alpha == 0) throw new ArgumentException($"--alpha {alpha}: must be a number other than 0");
        return new(site, rank, alpha, alpha / (options.RankStabilised ? Math.Sqrt(rank) : rank));
    }

    private static HashSet<int>? Layers(IReadOnlyList<LoraSite> sites, LoraOptions options)
    {
        if (options.LayersToTransform is null && options.TopLayers is null) return null;
        int count = sites.Select(s => ModuleNames.LayerOf(s.Name) ?? -1).DefaultIfEmpty(-1).Max() + 1;
        IEnumerable<int> layers = options.LayersToTransform ?? [.. Enumerable.Range(0, count)];
        foreach (int layer in layers)
        {
            if (layer < 0 || layer >= count) throw new ArgumentException($"layer {layer} is asked for, and the model has layers 0 … {count - 1}");
        }

        if (options.TopLayers is not int top) return [.. layers];
        if (top > count) throw new ArgumentException($"--top-layers {top}: the model has {count} layers");
        return [.. layers.Where(l => l >= count - top)];
    }
}
