using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> says beside tokenizer.json.</summary>
internal sealed record TokenizerConfig
{
    internal string? Bos { get; private init; }

    internal string? Eos { get; private init; }

    internal string? Unknown { get; private init; }

    internal string? Pad { get; private init; }

    internal string? Separator { get; private init; }

    internal string? Classification { get; private init; }

    internal string? Mask { get; private init; }

    internal bool? AddBos { get; private init; }

    internal bool? AddEos { get; private init; }

    internal bool CleansUp { get; private init; }

    internal string? ChatTemplate { get; private init; }

    internal Dictionary<string, string> ChatTemplates { get; private init; } = [];

    internal static TokenizerConfig Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonReading.Parse(json, "tokenizer_config.json");
        JsonElement root = document.RootElement;
        var templates = new Dictionary<string, string>();
        string? template = null;
        if (root.Member("chat_template") is { } chat)
        {
            if (chat.ValueKind == JsonValueKind.String) template = JsonReading.AsText(chat, "chat_template");
            else
                foreach (JsonElement item in JsonReading.AsItems(chat, "chat_template")) templates[item.Text("name")] = item.Text("template");
        }
        string type = root.Member("tokenizer_class") is { ValueKind: JsonValueKind.String } name ? JsonReading.AsText(name, "tokenizer_class") : "";
        // These classes build the surroundings of a text from the flags; for others tokenizer.json alone decides, and a false there means nothing.
        bool flagsRule = type.StartsWith("Llama", StringComparison.Ordinal) || type.StartsWith("Gemma", StringComparison.Ordinal)
                         || type.StartsWith("Cohere", StringComparison.Ordinal) || type.StartsWith("CodeLlama", StringComparison.Ordinal)
                         || type == "TokenizersBackend";
        return new TokenizerConfig
        {
            Bos = Token(root, "bos_token"),
            Eos = Token(root, "eos_token"),
            Unknown = Token(root, "unk_token"),
            Pad = Token(root, "pad_token"),
            Separator = Token(root, "sep_token"),
            Classification = Token(root, "cls_token"),
            Mask = Token(root, "mask_token"),
            AddBos = Flag(root, "add_bos_token", flagsRule),
            AddEos = Flag(root, "add_eos_token", flagsRule),
            CleansUp = root.Flag("clean_up_tokenization_spaces", false),
            ChatTemplate = template ?? templates.GetValueOrDefault("default"),
            ChatTemplates = templates,
        };
    }

    private static bool? Flag(JsonElement root, string name, bool flagsRule)
        => root.OptionalFlag(name) switch { true => true, false when flagsRule => false, _ => null };

    /// <summary>A token is its spelling or <c>{"content": spelling, …}</c>.</summary>
    private static string? Token(JsonElement root, string name)
        => root.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } token => token.OptionalText("content"),
            { ValueKind: JsonValueKind.String } text => JsonReading.AsText(text, name),
            _ => null,
        };
}
