using System.Text;
using Lapwing.Formats.Peft;
using Lapwing.Fuzz.Mutation;

namespace Lapwing.Fuzz.Targets;

/// <summary>adapter_config.json: reading, the questions asked of it, and writing it again.</summary>
internal sealed class PeftConfigTarget : FuzzTarget
{
    public override string Name => "peft-config";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return new AdapterConfig { Rank = 4, Alpha = 8, TargetModules = ModulePattern.Of("q_proj", "v_proj") }.ToJson();
        yield return new AdapterConfig
        {
            Rank = 8, Alpha = 12.5, TargetModules = ModulePattern.Matching(".*proj"), ExcludeModules = ModulePattern.Of("lm_head"), LayersToTransform = [0, 2], LayersPattern = ["layers"],
            RankPattern = new Dictionary<string, int> { ["q_proj"] = 2 }, AlphaPattern = new Dictionary<string, double> { ["layers.0.*"] = 3 }, ModulesToSave = ["embed_tokens"], UseRsLora = true,
        }.ToJson();
        yield return new AdapterConfig { Rank = 1, Alpha = 1, TargetsAllLinear = true, UseDora = true, TaskType = null }.ToJson();
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => JsonMutator.Change(input, mutator, PeftWords.All);

    public override string Run(byte[] input)
    {
        var config = AdapterConfig.Parse(input, "adapter_config.json");
        int targeted = 0;
        foreach (string module in (string[])["model.layers.0.self_attn.q_proj", "model.layers.11.mlp.down_proj", "lm_head", ""])
        {
            if (config.Targets(module)) targeted++;
            if (!(config.RankOf(module) > 0) || double.IsNaN(config.ScaleOf(module))) throw new InvalidOperationException("no rank or scale");
        }
        byte[] written = config.ToJson();
        if (!written.AsSpan().SequenceEqual(AdapterConfig.Parse(written, "again").ToJson())) throw new InvalidOperationException("written again it differs: " + Encoding.UTF8.GetString(written));
        return $"targets {targeted}";
    }
}
