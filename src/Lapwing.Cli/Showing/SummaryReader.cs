using Lapwing.Formats.Gguf;
using Lapwing.Formats.Huggingface;
using Lapwing.Formats.Peft;
using Lapwing.Formats.Safetensors;

namespace Lapwing.Cli.Showing;

/// <summary>Opens whatever a path is and summarises it. The summary's tensors live as long as this.</summary>
internal sealed class SummaryReader : IDisposable
{
    private readonly IDisposable source;

    private SummaryReader(IDisposable source, ModelSummary summary) => (this.source, Summary) = (source, summary);

    public ModelSummary Summary { get; }

    /// <summary>Opens a GGUF file, a safetensors folder or file, or a PEFT adapter.</summary>
    public static SummaryReader Open(string path)
    {
        if (Directory.Exists(path) && PeftFolder.Is(path))
        {
            var adapter = PeftFolder.Open(path);
            return new SummaryReader(adapter, OfAdapter(adapter));
        }
        if (Directory.Exists(path) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".index.json", StringComparison.Ordinal))
        {
            var folder = SafetensorsFolder.Open(path);
            try
            {
                return new SummaryReader(folder, OfFolder(folder));
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        var file = GgufFile.Open(path);
        return new SummaryReader(file, GgufSummary.Of(file));
    }

    public void Dispose() => source.Dispose();

    private static ModelSummary OfAdapter(PeftFolder adapter) => new()
    {
        Path = adapter.Path,
        Format = "safetensors (PEFT)",
        Kind = "adapter",
        Files = [Path.Combine(adapter.Path, PeftFolder.WeightsName)],
        Tensors = [.. adapter.Tensors.Values],
        Licence = FrontMatter.Licence(adapter.Path),
    };

    private static ModelSummary OfFolder(SafetensorsFolder folder)
    {
        var summary = new ModelSummary { Path = folder.Path, Format = "safetensors", Files = folder.Parts, Tensors = [.. folder.Tensors.Values] };
        if (!File.Exists(Path.Combine(folder.Path, "config.json"))) return summary;
        var config = ModelConfig.Open(folder.Path);
        var text = config.TextConfig;
        return summary with
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))),
            Architecture = config.Has("model_type") ? config.ModelType : null,
            Licence = FrontMatter.Licence(folder.Path),
            Layers = First(text, "num_hidden_layers", "n_layer"),
            Hidden = First(text, "hidden_size", "n_embd"),
            FeedForward = First(text, "intermediate_size", "n_inner"),
            Heads = First(text, "num_attention_heads", "n_head"),
            KeyValueHeads = First(text, "num_key_value_heads"),
            Experts = First(text, "num_local_experts", "num_experts"),
            ExpertsUsed = First(text, "num_experts_per_tok"),
            Context = First(text, "max_position_embeddings", "n_positions"),
            Vocabulary = First(text, "vocab_size"),
            Tokenizer = new[] { "tokenizer.json", "tokenizer.model" }.FirstOrDefault(f => File.Exists(Path.Combine(folder.Path, f))),
            Template = Templates.FolderTemplate.Read(folder.Path),
        };
    }

    private static long? First(JsonSection config, params ReadOnlySpan<string> keys) =>
        config.FirstOf(keys) is { } key && config.TryGet(key, out var value) && value.ValueKind == System.Text.Json.JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;
}
