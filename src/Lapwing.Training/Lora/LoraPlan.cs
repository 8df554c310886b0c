using Lapwing.Formats.Peft;

namespace Lapwing.Training;

/// <summary>Which layers of a model get a low-rank pair, and the configuration that says so to PEFT.</summary>
/// <param name="Config">What <c>adapter_config.json</c> will hold.</param>
/// <param name="Placements">The layers, in the model's order.</param>
public sealed record LoraPlan(AdapterConfig Config, IReadOnlyList<LoraPlacement> Placements)
{
    /// <summary>What <paramref name="options"/> mean among a model's linear layers.</summary>
    /// <exception cref="ArgumentException">Nothing matches, or a number makes no sense; the message names the option and what exists.</exception>
    public static LoraPlan Create(IReadOnlyList<LoraSite> sites, LoraOptions options)
    {
        if (options.Rank < 1) throw new ArgumentException($"--rank {options.Rank}: must be at least 1");
        double alpha = options.Alpha ?? 2.0 * options.Rank;
        int[]? layers = Layers(sites, options);
        var config = new AdapterConfig
        {
            Rank = options.Rank,
            Alpha = alpha,
            UseRsLora = options.RankStabilised,
            TargetModules = Targets(sites, options.Target),
            LayersToTransform = layers,
            // Named, because PEFT would else take the last number of a path, which in a mixture of experts is the expert's.
            LayersPattern = layers is null ? [] : [.. sites.Select(s => ModuleNames.LayerOf(s.Name)?.List).OfType<string>().Distinct()],
            RankPattern = new OrderedDictionary<string, int>(options.RankPattern),
            AlphaPattern = new OrderedDictionary<string, double>(options.AlphaPattern),
            FanInFanOut = sites.Any(s => s.StoredTransposed),
        };
        try
        {
            LoraPlacement[] placements = [.. sites.Where(s => config.Targets(s.Name)).Select(s => Place(s, config))];
            return placements.Length > 0 ? new(config, placements) : throw NothingMatches(sites, options.Target);
        }
        catch (System.Text.RegularExpressions.RegexParseException e)
        {
            throw new ArgumentException($"--rank-pattern or --alpha-pattern: not a regular expression: {e.Message}", e);
        }
    }

    /// <summary>
    /// The first values of A [rank, inputs]: uniform in ±1/√inputs, which is what PyTorch's kaiming_uniform_(a = √5) comes to. B starts at zero,
    /// so that the untrained adapter changes nothing. Each layer's numbers depend on the seed and its name only.
    /// </summary>
    public static void FillA(Span<float> a, LoraSite site, ulong seed)
    {
        var random = new SeededRandom(seed, "lora_A " + site.Name);
        float bound = 1 / MathF.Sqrt(site.Inputs);
        foreach (ref float value in a) value = (2 * random.NextSingle() - 1) * bound;
    }

    private static LoraPlacement Place(LoraSite site, AdapterConfig config)
    {
        int rank = config.RankOf(site.Name);
        double alpha = config.AlphaOf(site.Name);
        if (rank < 1) throw new ArgumentException($"--rank-pattern gives {site.Name} rank {rank}: must be at least 1");
        if (rank > Math.Min(site.Inputs, site.Outputs))
            throw new ArgumentException($"--rank {rank} is more than {site.Name} [{site.Outputs}, {site.Inputs}] can have: at most {Math.Min(site.Inputs, site.Outputs)}");
        if (!double.IsFinite(alpha) || alpha == 0) throw new ArgumentException($"--alpha {alpha}: must be a number other than 0");
        return new(site, rank, config.ScaleOf(site.Name));
    }

    private static ModulePattern Targets(IReadOnlyList<LoraSite> sites, string target)
    {
        if (target.StartsWith("regex:", StringComparison.Ordinal))
        {
            try
            {
                return ModulePattern.Matching(target["regex:".Length..]);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"--target {target}: not a regular expression: {e.Message}", e);
            }
        }

        Func<string, bool>? group = target switch
        {
            "all" or "all-linear" => name => !ModuleNames.IsHead(name),
            "attention" => ModuleNames.IsAttention,
            "mlp" => ModuleNames.IsMlp,
            _ => null,
        };
        if (group is null) return ModulePattern.Of(target.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        string[] names = [.. sites.Where(s => group(s.Name)).Select(s => Ending(s.Name, sites, group)).Distinct()];
        return names.Length > 0 ? ModulePattern.Of(names) : throw NothingMatches(sites, target);
    }

    // The shortest end of the path that only members of the group have: q_proj, or attn.c_proj where the MLP has a c_proj as well.
    private static string Ending(string name, IReadOnlyList<LoraSite> sites, Func<string, bool> group)
    {
        for (int dot = name.LastIndexOf('.'); dot >= 0; dot = dot == 0 ? -1 : name.LastIndexOf('.', dot - 1))
        {
            if (sites.All(s => group(s.Name) || !s.Name.EndsWith(name[dot..], StringComparison.Ordinal))) return name[(dot + 1)..];
        }

        return name;
    }

    private static int[]? Layers(IReadOnlyList<LoraSite> sites, LoraOptions options)
    {
        if (options.LayersToTransform is null && options.TopLayers is null) return null;
        int count = sites.Select(s => ModuleNames.LayerOf(s.Name)?.Layer ?? -1).DefaultIfEmpty(-1).Max() + 1;
        if (options.TopLayers is < 1 || options.TopLayers > count) throw new ArgumentException($"--top-layers {options.TopLayers}: the model has {count} layers; give a number from 1 to {count}");
        foreach (int layer in options.LayersToTransform ?? [])
        {
            if (layer < 0 || layer >= count) throw new ArgumentException($"layer {layer} is asked for, and the model has layers 0 … {count - 1}");
        }

        int lowest = count - (options.TopLayers ?? count);
        int[] layers = [.. (options.LayersToTransform ?? [.. Enumerable.Range(0, count)]).Where(l => l >= lowest).Distinct().Order()];
        return layers.Length > 0 ? layers : throw new ArgumentException($"--top-layers {options.TopLayers} leaves none of the layers asked for");
    }

    private static ArgumentException NothingMatches(IReadOnlyList<LoraSite> sites, string target) =>
        new($"--target {target} matches no linear layer of this model; it has {string.Join(", ", sites.Select(s => ModuleNames.Last(s.Name)).Distinct())} (or say attention, mlp, all)");
}
