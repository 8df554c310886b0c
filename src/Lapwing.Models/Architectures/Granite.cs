using System.Text.Json.Nodes;

namespace Lapwing.Models;

/// <summary>IBM Granite 3: a llama with multipliers on embedding, residual, scores and logits.</summary>
internal sealed class Granite : Architecture
{
    public override string GgufName => "granite";

    public override IReadOnlyList<string> ConfigTypes => ["granite"];

    public override string ConfigClass => "GraniteForCausalLM";

    public override bool PairsRows => true;

    public override bool SetsScale => true;

    public override FamilyDefaults Defaults(string type) => new() { Biases = new(Presence.ByFlag, Presence.ByFlag, Presence.ByFlag) };

    public override DecoderSpec FromGguf(GgufSettings s)
    {
        var spec = s.Common(RotaryStyle.Pairs);
        // In this family's files the key says whether positions rotate at all.
        if (!s.Flag("rope.scaling.finetuned", true)) spec = spec with { Attention = [.. spec.Attention.Select(a => a with { Rotary = null })] };
        return spec with
        {
            EmbeddingMultiplier = Number(s.Single("embedding_scale", 1)),
            ResidualMultiplier = Number(s.Single("residual_scale", 1)),
            LogitMultiplier = 1f / Number(s.Single("logit_scale")),
        };
    }

    public override DecoderSpec FromConfig(ConfigSettings s)
    {
        var spec = s.Common(Defaults("granite"));
        return spec with
        {
            EmbeddingMultiplier = Number(s.Single("embedding_multiplier", 1)),
            ResidualMultiplier = Number(s.Single("residual_multiplier", 1)),
            LogitMultiplier = 1f / Number(s.Single("logits_scaling", 1)),
            Attention = [.. spec.Attention.Select(a => a with { Scale = Number(s.Single("attention_multiplier", 1)) })],
        };
    }

    public override void WriteGguf(GgufSettingsWriter writer, DecoderSpec spec, ConfigSettings source)
    {
        writer.Set("embedding_scale", spec.EmbeddingMultiplier);
        writer.Set("residual_scale", spec.ResidualMultiplier);
        writer.Set("logit_scale", 1f / spec.LogitMultiplier);
        writer.Set("attention.scale", spec.Attention[0].Scale);
    }

    private static float Number(float value) => value != 0 && float.IsFinite(value) ? value : throw new InvalidDataException($"a Granite multiplier is {value}: it must be a number other than 0");

    public override void WriteConfig(JsonObject config, DecoderSpec spec, GgufSettings source)
    {
        base.WriteConfig(config, spec, source);
        if (spec.Attention[0].Rotary is null) throw new NotSupportedException("a Granite without rotary positions has no form in a folder: keep the GGUF file");
        config["embedding_multiplier"] = ConfigWriter.Exact(spec.EmbeddingMultiplier);
        config["residual_multiplier"] = ConfigWriter.Exact(spec.ResidualMultiplier);
        config["logits_scaling"] = ConfigWriter.Exact(1f / spec.LogitMultiplier);
        config["attention_multiplier"] = ConfigWriter.Exact(spec.Attention[0].Scale);
    }
}
