using System.Text.Json.Nodes;

namespace Lapwing.Training;

/// <summary>Options as the run record keeps them: under the names of the command line, defaults spelled out.</summary>
internal static class OptionsJson
{
    public static JsonObject Of(TuneOptions o, int warmup, int steps, bool exact)
    {
        var t = o.Trainer;
        var json = new JsonObject
        {
            ["lr"] = t.PeakRate,
            ["schedule"] = t.Schedule switch { LearningRateShape.Linear => "linear", LearningRateShape.Cosine => "cosine", _ => "constant" },
            ["warmup"] = warmup,
            ["steps"] = steps,
            ["epochs"] = t.Batches.Steps is null ? t.Batches.Epochs : null,
            ["batch"] = t.Batches.BatchSize,
            ["length"] = o.Length,
            ["weight_decay"] = t.Optimiser.WeightDecay,
            ["beta1"] = t.Optimiser.Beta1,
            ["beta2"] = t.Optimiser.Beta2,
            ["epsilon"] = t.Optimiser.Epsilon,
            ["clip"] = t.Clip,
            ["validation"] = o.Validation.ToString(),
            ["validate_every"] = t.ValidateEvery,
            ["keep_best"] = t.KeepBest,
            ["patience"] = t.Patience,
            ["shuffle"] = t.Batches.Shuffle,
            ["pack"] = t.Pack,
            ["tokens_at_once"] = t.MicroBatchTokens,
            ["recompute"] = o.Recompute,
            ["exact"] = exact,
        };
        if (o.From is not null || o.Full) return json;
        json["rank"] = o.Lora.Rank;
        json["alpha"] = o.Lora.Alpha ?? 2.0 * o.Lora.Rank;
        json["target"] = o.Lora.Target;
        json["top_layers"] = o.Lora.TopLayers;
        json["layers"] = o.Lora.LayersToTransform is { } layers ? new JsonArray([.. layers.Select(l => JsonValue.Create(l))]) : null;
        json["rank_pattern"] = new JsonObject(o.Lora.RankPattern.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value)));
        json["alpha_pattern"] = new JsonObject(o.Lora.AlphaPattern.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value)));
        return json;
    }
}
