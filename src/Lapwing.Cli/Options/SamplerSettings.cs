using System.CommandLine;
using System.Globalization;
using Lapwing.Cli.Host;
using Lapwing.Generation.Sampling;

namespace Lapwing.Cli.Options;

/// <summary>The sampler's options under llama.cpp's names.</summary>
internal sealed class SamplerSettings
{
    private static readonly SamplerOptions Defaults = new();

    private readonly Option<double?> temperature = Real("--temp", "how freely to choose; 0 always takes the likeliest token", Defaults.Temperature, 0, 1000, "--temperature");
    private readonly Option<int?> topK = Whole("--top-k", "keep so many of the likeliest; 0 is off", Defaults.TopK, -1);
    private readonly Option<double?> topP = Real("--top-p", "keep the likeliest until so much probability; 1 is off", Defaults.TopP, 0, 1);
    private readonly Option<double?> minP = Real("--min-p", "keep what is so likely beside the likeliest; 0 is off", Defaults.MinP, 0, 1);
    private readonly Option<double?> typicalP = Real("--typical", "keep the locally typical until so much probability; 1 is off", Defaults.TypicalP, 0, 1);
    private readonly Option<double?> topNSigma = Real("--top-nsigma", "keep what is within so many standard deviations; below 0 is off", Defaults.TopNSigma, -1000, 1000);
    private readonly Option<long?> seed = Numbers.Long("--seed", "the same seed gives the same answer; -1 draws one (default)", -1);
    private readonly Option<double?> repeatPenalty = Real("--repeat-penalty", "divides the logit of what was said lately; 1 is off", Defaults.RepeatPenalty, 0.001, 1000);
    private readonly Option<int?> repeatLastN = Whole("--repeat-last-n", "how many last tokens the penalties look at; 0 is off, -1 all", Defaults.RepeatLastN, -1);
    private readonly Option<double?> presencePenalty = Real("--presence-penalty", "taken off what was said at all", Defaults.PresencePenalty, -1000, 1000);
    private readonly Option<double?> frequencyPenalty = Real("--frequency-penalty", "taken off for each time that it was said", Defaults.FrequencyPenalty, -1000, 1000);
    private readonly Option<double?> xtcProbability = Real("--xtc-probability", "how often XTC removes the top choices; 0 is off", Defaults.XtcProbability, 0, 1);
    private readonly Option<double?> xtcThreshold = Real("--xtc-threshold", "from which probability on a token is a top choice", Defaults.XtcThreshold, 0, 1);
    private readonly Option<double?> dryMultiplier = Real("--dry-multiplier", "strength of DRY against repetition; 0 is off", Defaults.DryMultiplier, 0, 1000);
    private readonly Option<double?> dryBase = Real("--dry-base", "growth of DRY with each repeated token", Defaults.DryBase, 0, 1000);
    private readonly Option<int?> dryAllowedLength = Whole("--dry-allowed-length", "repetitions up to here are free", Defaults.DryAllowedLength, 0);
    private readonly Option<int?> dryLastN = Whole("--dry-penalty-last-n", "how many last tokens DRY looks at; 0 is off, -1 all", Defaults.DryPenaltyLastN, -1);
    private readonly Option<string[]> dryBreakers = new("--dry-sequence-breaker") { Description = "a text that no repetition reaches across; repeatable", HelpName = "TEXT" };
    private readonly Option<double?> dynamicRange = Real("--dynatemp-range", "how far the temperature may move; 0 is off", Defaults.DynamicTemperatureRange, 0, 1000);
    private readonly Option<double?> dynamicExponent = Real("--dynatemp-exp", "how entropy maps to temperature", Defaults.DynamicTemperatureExponent, 0, 1000);
    private readonly Option<int?> mirostat = Numbers.Whole("--mirostat", "0 off, 1 or 2: the version of mirostat", 0, 2);
    private readonly Option<double?> mirostatTau = Real("--mirostat-ent", "mirostat's wanted surprise in bits", Defaults.MirostatTau, 0, 1000);
    private readonly Option<double?> mirostatEta = Real("--mirostat-lr", "mirostat's learning rate", Defaults.MirostatEta, 0, 1000);
    private readonly Option<double?> adaptiveTarget = Real("--adaptive-target", "adaptive-p's wanted probability; below 0 is off", Defaults.AdaptiveTarget, -1, 1);
    private readonly Option<double?> adaptiveDecay = Real("--adaptive-decay", "adaptive-p's memory", Defaults.AdaptiveDecay, 0, 0.99);
    private readonly Option<string?> order = new("--samplers") { Description = "the order of the samplers: names parted by ';', or letters", HelpName = "ORDER" };
    private readonly Option<string[]> bias = new("--logit-bias", "-l") { Description = "add to a token's logit (15043+1.5, 15043-inf forbids it); repeatable", HelpName = "ID±X" };

    /// <summary>Adds all of them to a command.</summary>
    public SamplerSettings AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            temperature, topK, topP, minP, typicalP, topNSigma, seed, repeatPenalty, repeatLastN, presencePenalty, frequencyPenalty, xtcProbability, xtcThreshold,
            dryMultiplier, dryBase, dryAllowedLength, dryLastN, dryBreakers, dynamicRange, dynamicExponent, mirostat, mirostatTau, mirostatEta, adaptiveTarget,
            adaptiveDecay, order, bias,
        })
            command.Options.Add(option);
        return this;
    }

    /// <summary>What was given, defaults for the rest.</summary>
    /// <exception cref="UsageException">A setting makes no sense.</exception>
    public SamplerOptions Read(ParseResult parsed)
    {
        try
        {
            var options = Defaults with
            {
                Temperature = Single(temperature, Defaults.Temperature),
                TopK = parsed.GetValue(topK) ?? Defaults.TopK,
                TopP = Single(topP, Defaults.TopP),
                MinP = Single(minP, Defaults.MinP),
                TypicalP = Single(typicalP, Defaults.TypicalP),
                TopNSigma = Single(topNSigma, Defaults.TopNSigma),
                Seed = parsed.GetValue(seed),
                RepeatPenalty = Single(repeatPenalty, Defaults.RepeatPenalty),
                RepeatLastN = parsed.GetValue(repeatLastN) ?? Defaults.RepeatLastN,
                PresencePenalty = Single(presencePenalty, Defaults.PresencePenalty),
                FrequencyPenalty = Single(frequencyPenalty, Defaults.FrequencyPenalty),
                XtcProbability = Single(xtcProbability, Defaults.XtcProbability),
                XtcThreshold = Single(xtcThreshold, Defaults.XtcThreshold),
                DryMultiplier = Single(dryMultiplier, Defaults.DryMultiplier),
                DryBase = Single(dryBase, Defaults.DryBase),
                DryAllowedLength = parsed.GetValue(dryAllowedLength) ?? Defaults.DryAllowedLength,
                DryPenaltyLastN = parsed.GetValue(dryLastN) ?? Defaults.DryPenaltyLastN,
                DrySequenceBreakers = parsed.GetValue(dryBreakers) is { Length: > 0 } breakers ? breakers : Defaults.DrySequenceBreakers,
                DynamicTemperatureRange = Single(dynamicRange, Defaults.DynamicTemperatureRange),
                DynamicTemperatureExponent = Single(dynamicExponent, Defaults.DynamicTemperatureExponent),
                Mirostat = parsed.GetValue(mirostat) ?? Defaults.Mirostat,
                MirostatTau = Single(mirostatTau, Defaults.MirostatTau),
                MirostatEta = Single(mirostatEta, Defaults.MirostatEta),
                AdaptiveTarget = Single(adaptiveTarget, Defaults.AdaptiveTarget),
                AdaptiveDecay = Single(adaptiveDecay, Defaults.AdaptiveDecay),
                Order = parsed.GetValue(order) is { } text ? SamplerOrder.Parse(text) : Defaults.Order,
                LogitBias = (parsed.GetValue(bias) ?? []).Select(Bias).GroupBy(b => b.Id).ToDictionary(g => g.Key, g => g.Last().Value),
            };
            options.Validate();
            return options;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }

        float Single(Option<double?> option, float fallback) => parsed.GetValue(option) is { } value ? (float)value : fallback;
    }

    private static (int Id, float Value) Bias(string text)
    {
        int sign = text.AsSpan().IndexOfAny('+', '-');
        if (sign > 0 && int.TryParse(text.AsSpan(0, sign), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            var amount = text.AsSpan(sign);
            if (amount.Equals("-inf", StringComparison.OrdinalIgnoreCase) || amount.Equals("-false", StringComparison.OrdinalIgnoreCase)) return (id, float.NegativeInfinity);
            if (float.TryParse(amount, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)) return (id, value);
        }
        throw new UsageException($"--logit-bias takes a token id and an amount, such as 15043+1.5 or 15043-inf, not '{text}'");
    }

    private static Option<double?> Real(string name, string description, float standard, double least, double most, params string[] aliases) =>
        Numbers.Real(name, string.Create(CultureInfo.InvariantCulture, $"{description} (default {standard})"), least, most, aliases);

    private static Option<int?> Whole(string name, string description, int standard, int least) =>
        Numbers.Whole(name, string.Create(CultureInfo.InvariantCulture, $"{description} (default {standard})"), least);
}
