using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

public class SamplerOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_llama_cpp()
    {
        var o = new SamplerOptions();
        o.Validate();
        Assert.Equal((0.8f, 40, 0.95f, 0.05f, 1f, -1f), (o.Temperature, o.TopK, o.TopP, o.MinP, o.TypicalP, o.TopNSigma));
        Assert.Equal((1f, 64, 0f, 0f), (o.RepeatPenalty, o.RepeatLastN, o.FrequencyPenalty, o.PresencePenalty));
        Assert.Equal((0f, 1.75f, 2, -1), (o.DryMultiplier, o.DryBase, o.DryAllowedLength, o.DryPenaltyLastN));
        Assert.Equal((0, 5f, 0.1f, 0f, 0.1f), (o.Mirostat, o.MirostatTau, o.MirostatEta, o.XtcProbability, o.XtcThreshold));
        Assert.Equal("penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature", SamplerOrder.Format(o.Order));
    }

    [Theory]
    [InlineData("top_k;temperature", "top_k;temperature")]
    [InlineData(" top-k ; temp ", "top_k;temperature")]
    [InlineData("TOP_P,nucleus", "top_p;top_p")]
    [InlineData("typical;typ;typ-p;typical_p", "typ_p;typ_p;typ_p;typ_p")]
    [InlineData("edskypmxt", "penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature")]
    [InlineData("dry", "dry")]
    [InlineData("k", "top_k")]
    [InlineData("a", "adaptive_p")]
    [InlineData("", "")]
    public void An_order_is_read_by_names_or_letters(string text, string expected) => Assert.Equal(expected, SamplerOrder.Format(SamplerOrder.Parse(text)));

    [Theory]
    [InlineData("top_x")]
    [InlineData("top_k;magic")]
    [InlineData("kz")]
    [InlineData("infill")]
    public void An_unknown_sampler_is_an_error_that_lists_the_known(string text)
        => Assert.Contains("top_n_sigma (s)", Assert.Throws<ArgumentException>(() => SamplerOrder.Parse(text)).Message);

    public static TheoryData<SamplerOptions, string> Wrong => new()
    {
        { new SamplerOptions { Temperature = float.NaN }, "temperature" },
        { new SamplerOptions { Temperature = float.PositiveInfinity }, "temperature" },
        { new SamplerOptions { Temperature = 1e9f }, "temperature" },
        { new SamplerOptions { TopP = -0.1f }, "top_p" },
        { new SamplerOptions { TopP = float.NaN }, "top_p" },
        { new SamplerOptions { MinP = -1f }, "min_p" },
        { new SamplerOptions { TypicalP = float.PositiveInfinity }, "typical_p" },
        { new SamplerOptions { RepeatPenalty = 0f }, "repeat_penalty" },
        { new SamplerOptions { RepeatLastN = -2 }, "repeat_last_n" },
        { new SamplerOptions { FrequencyPenalty = float.NaN }, "frequency_penalty" },
        { new SamplerOptions { PresencePenalty = 1e20f }, "presence_penalty" },
        { new SamplerOptions { DryMultiplier = -1f }, "dry_multiplier" },
        { new SamplerOptions { DryAllowedLength = -1 }, "dry_allowed_length" },
        { new SamplerOptions { DrySequenceBreakers = [""] }, "dry_sequence_breaker" },
        { new SamplerOptions { Mirostat = 3 }, "mirostat" },
        { new SamplerOptions { MirostatTau = float.NaN }, "mirostat_tau" },
        { new SamplerOptions { XtcProbability = 1.5f }, "xtc_probability" },
        { new SamplerOptions { AdaptiveDecay = 1f }, "adaptive_decay" },
        { new SamplerOptions { MinKeep = -1 }, "min_keep" },
        { new SamplerOptions { Seed = -5 }, "seed" },
        { new SamplerOptions { LogitBias = new Dictionary<int, float> { [1] = float.NaN } }, "logit_bias" },
        { new SamplerOptions { LogitBias = new Dictionary<int, float> { [-1] = 0f } }, "logit_bias" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_setting_that_makes_no_sense_is_named(SamplerOptions options, string name)
        => Assert.StartsWith(name, Assert.Throws<ArgumentException>(() => Support.Chain(options, 8)).Message.Replace("a dry", "dry"));
}
