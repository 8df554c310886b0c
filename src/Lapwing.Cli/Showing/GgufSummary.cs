using Lapwing.Formats.Gguf;

namespace Lapwing.Cli.Showing;

/// <summary>Summary of a GGUF file from its metadata (keys of the GGUF specification).</summary>
internal static class GgufSummary
{
    public static ModelSummary Of(GgufFile file)
    {
        var metadata = file.Metadata;
        string? architecture = Text(metadata, "general.architecture");
        string kind = Text(metadata, "general.type") ?? "model";
        return new ModelSummary
        {
            Path = file.Path,
            Format = $"GGUF v{file.Version}",
            Kind = kind,
            Files = file.Parts,
            Tensors = [.. file.Tensors.Values],
            Name = Text(metadata, "general.name"),
            Architecture = architecture,
            Licence = Text(metadata, "general.license"),
            Layers = Number(metadata, $"{architecture}.block_count"),
            Hidden = Number(metadata, $"{architecture}.embedding_length"),
            FeedForward = Number(metadata, $"{architecture}.feed_forward_length"),
            Heads = Number(metadata, $"{architecture}.attention.head_count"),
            KeyValueHeads = Number(metadata, $"{architecture}.attention.head_count_kv"),
            Experts = Number(metadata, $"{architecture}.expert_count"),
            ExpertsUsed = Number(metadata, $"{architecture}.expert_used_count"),
            Context = Number(metadata, $"{architecture}.context_length"),
            Vocabulary = metadata.TryGetValue("tokenizer.ggml.tokens", out var tokens) ? tokens.Count : Number(metadata, $"{architecture}.vocab_size"),
            Tokenizer = Text(metadata, "tokenizer.ggml.model") is { } model ? model + (Text(metadata, "tokenizer.ggml.pre") is { } pre ? $" ({pre})" : "") : null,
            Template = Text(metadata, "tokenizer.chat_template"),
        };
    }

    // A summary shows what is there: a key of the wrong type is the reader's business who needs it, not a reason to show nothing.
    private static string? Text(GgufMetadata metadata, string key) => metadata.TryGetValue(key, out var value) && value.TryGetString(out string text) ? text : null;

    /// <summary>A number; of one number a layer, the largest.</summary>
    private static long? Number(GgufMetadata metadata, string key)
    {
        if (!metadata.TryGetValue(key, out var value)) return null;
        if (value.TryGetInteger(out long number)) return number;
        return value.Type == GgufType.Array && value.TryGetIntegers(out long[] many) && many.Length > 0 ? many.Max() : null;
    }
}
