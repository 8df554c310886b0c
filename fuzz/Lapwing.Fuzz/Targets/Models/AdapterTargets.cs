using Lapwing.Formats.Peft;
using Lapwing.Fuzz.Mutation;
using Lapwing.Models;

namespace Lapwing.Fuzz.Targets;

/// <summary>Adapters laid on a small model, used and taken off again: after each the model must compute what it did before.</summary>
internal abstract class AdapterTarget : FuzzTarget
{
    private readonly Lazy<DecoderModel> model = new(() =>
    {
        string path = TemporaryFile.New(".gguf");
        TinyDecoder.Write(path);
        return ModelLoader.Load(path);
    });

    protected DecoderModel Model => model.Value;

    public override long AllowedBytes(int input) => (32 << 20) + (512L * input);

    protected static IEnumerable<AdapterConfig> Configs =>
    [
        new() { Rank = 2, Alpha = 4, TargetModules = ModulePattern.Of("q_proj", "v_proj") },
        new() { Rank = 1, Alpha = 1.5, TargetsAllLinear = true, UseRsLora = true },
        new() { Rank = 3, Alpha = 3, TargetModules = ModulePattern.Of("q_proj", "down_proj"), RankPattern = new Dictionary<string, int> { ["q_proj"] = 2 }, AlphaPattern = new Dictionary<string, double> { ["down_proj"] = 8 } },
    ];

    protected string Use(string path)
    {
        using var adapter = Adapter.Load(Model, path);
        if (adapter.Parts.Count == 0) throw new InvalidOperationException("an adapter of nothing");
        adapter.Attach();
        bool numbers = TinyDecoder.Forward(Model);
        adapter.Detach();
        if (!TinyDecoder.Forward(Model)) throw new InvalidOperationException("the model is not what it was");
        return $"{Math.Min(adapter.Parts.Count, 3)} parts, {(numbers ? "numbers" : "no numbers")}";
    }
}

/// <summary>LoRA adapters as GGUF.</summary>
internal sealed class GgufLoraTarget : AdapterTarget
{
    private static readonly string[] Words =
    [
        "general.type", "adapter", "model", "adapter.type", "lora", "control_vector", "adapter.lora.alpha", "adapter.alora.invocation_tokens", "general.architecture", "llama", "qwen2", "blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b", "blk.0.attn_k.weight.lora_a",
        "blk.1.attn_q.weight.lora_a", "token_embd.weight.lora_a", "token_embd.weight.lora_b", "output.weight.lora_a", "output.weight.lora_b", "blk.0.attn_q.weight", "blk.0.ffn_down.weight.lora_b", "",
    ];

    private readonly string path = TemporaryFile.New(".gguf");

    public override string Name => "gguf-lora";

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (var config in Configs)
        {
            using var adapter = Adapter.Create(Model, config);
            yield return TemporaryFile.Content(p => AdapterWriter.ToGguf(adapter, Model, p));
        }
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => GgufMutator.Change(input, mutator, Words);

    public override string Run(byte[] input)
    {
        File.WriteAllBytes(path, input);
        return Use(path);
    }
}

/// <summary>PEFT folders: adapter_config.json and adapter_model.safetensors.</summary>
internal sealed class PeftFolderTarget : AdapterTarget
{
    private readonly string folder = TemporaryFile.NewFolder();

    public override string Name => "peft-folder";

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (var config in Configs)
        {
            using var adapter = Adapter.Create(Model, config);
            string to = TemporaryFile.NewFolder();
            AdapterWriter.ToPeft(adapter, to);
            yield return FileSet.Join(File.ReadAllBytes(Path.Combine(to, AdapterConfig.FileName)), File.ReadAllBytes(Path.Combine(to, PeftFolder.WeightsName)));
            Directory.Delete(to, recursive: true);
        }
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => FileSet.Change(input, mutator, f => JsonMutator.Change(f, mutator, PeftWords.All), f => SafetensorsMutator.Change(f, mutator));

    public override string Run(byte[] input)
    {
        byte[][] files = FileSet.Split(input, 2);
        File.WriteAllBytes(Path.Combine(folder, AdapterConfig.FileName), files[0]);
        File.WriteAllBytes(Path.Combine(folder, PeftFolder.WeightsName), files[1]);
        return Use(folder);
    }
}
