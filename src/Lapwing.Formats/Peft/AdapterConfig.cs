using System.Globalization;
using System.Text.RegularExpressions;

namespace Lapwing.Formats.Peft;

/// <summary>
/// A LoRA adapter's <c>adapter_config.json</c> (PEFT's <c>LoraConfig</c>). Reading refuses every setting that changes what an adapter
/// computes and that this program does not know: a wrong answer without a word is worse than none.
/// </summary>
public sealed partial class AdapterConfig
{
    /// <summary>r: the rank where <see cref="RankPattern"/> says nothing.</summary>
    public required int Rank { get; init; }

    /// <summary>lora_alpha where <see cref="AlphaPattern"/> says nothing.</summary>
    public required double Alpha { get; init; }

    /// <summary>The modules that carry an adapter; null with <see cref="TargetsAllLinear"/>.</summary>
    public ModulePattern? TargetModules { get; init; }

    /// <summary>target_modules is <c>all-linear</c>: every linear layer but the output head. PEFT writes names instead once it has seen the model.</summary>
    public bool TargetsAllLinear { get; init; }

    /// <summary>Modules that are left out again.</summary>
    public ModulePattern? ExcludeModules { get; init; }

    /// <summary>The only layers that carry adapters; null for all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>The names of the lists that <see cref="LayersToTransform"/> counts in (<c>layers</c>); empty: any.</summary>
    public IReadOnlyList<string> LayersPattern { get; init; } = [];

    /// <summary>Ranks of modules whose path ends in a match of the key.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Alphas of modules whose path ends in a match of the key.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>();

    /// <summary>Modules that were trained in full and are stored in full beside the adapter.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>Scale by alpha/√r instead of alpha/r (rsLoRA, arXiv:2312.03732).</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Weight-decomposed adapters (DoRA, arXiv:2402.09353).</summary>
    public bool UseDora { get; init; }

    /// <summary>The base stores weights as [in, out] (GPT-2's Conv1D).</summary>
    public bool FanInFanOut { get; init; }

    /// <summary>Dropout before A while training.</summary>
    public double Dropout { get; init; }

    /// <summary>The model that the adapter was trained on, as its author called it.</summary>
    public string? BaseModel { get; init; }

    /// <summary><c>CAUSAL_LM</c> for language models; null where the file does not say.</summary>
    public string? TaskType { get; init; } = "CAUSAL_LM";

    /// <summary>Whether the module at <paramref name="path"/> carries an adapter, by PEFT's rules.</summary>
    /// <remarks>With <see cref="TargetsAllLinear"/> the caller asks for linear layers only, and not for the output head.</remarks>
    public bool Targets(string path)
    {
        if (ExcludeModules?.Matches(path) == true) return false;
        if (TargetsAllLinear) return InLayers(path);
        if (TargetModules?.Matches(path) != true) return false;
        // PEFT asks for the layer only where a name matched as the end of a path.
        return TargetModules.Expression is not null || TargetModules.Names.Contains(path) || InLayers(path);
    }

    /// <summary>The rank of the module at <paramref name="path"/>.</summary>
    public int RankOf(string path) => FindPattern(RankPattern, path) is { } key ? RankPattern[key] : Rank;

    /// <summary>The alpha of the module at <paramref name="path"/>.</summary>
    public double AlphaOf(string path) => FindPattern(AlphaPattern, path) is { } key ? AlphaPattern[key] : Alpha;

    /// <summary>What B·A is multiplied by: alpha/r, or alpha/√r for rsLoRA.</summary>
    public double ScaleOf(string path) => UseRsLora ? AlphaOf(path) / Math.Sqrt(RankOf(path)) : AlphaOf(path) / RankOf(path);

    private static string? FindPattern<T>(IReadOnlyDictionary<string, T> patterns, string path)
    {
        foreach (string key in patterns.Keys)
            if (ModulePattern.Find(ModulePattern.Compile($@"^(?:.*\.)?(?:{key})$"), path).Success) return key;
        return null;
    }

    private bool InLayers(string path)
    {
        if (LayersToTransform is not { Count: > 0 } layers) return true;
        Match? found = null;
        if (LayersPattern.Count == 0) found = AnyLayer().Match(path);
        foreach (string pattern in LayersPattern)
        {
            found = ModulePattern.Find(ModulePattern.Compile($@"^.*\.(?:{pattern})\.(?<layer>[0-9]+)\."), path);
            if (found.Success) break;
        }
        return found is { Success: true } && int.TryParse(found.Groups["layer"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && layers.Contains(layer);
    }

    [GeneratedRegex(@"^.*\.[^.]*\.(?<layer>[0-9]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex AnyLayer();
}
