using System.Text;
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

    /// <summary>Tokens by id that stand beside (or in place of) the model's own.</summary>
    internal IReadOnlyList<(int Id, string Text, bool Special)> Added { get; private init; } = [];

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
            Added = ReadAdded(root),
        };
    }

    private static List<(int, string, bool)> ReadAdded(JsonElement root)
    {
        var added = new List<(int, string, bool)>();
        if (root.Member("added_tokens_decoder") is not { } list) return added;
        foreach (JsonProperty member in JsonReading.AsMembers(list, "added_tokens_decoder"))
        {
            if (!int.TryParse(JsonReading.Name(member, "added_tokens_decoder"), out int id) || id < 0) throw JsonReading.Bad("added_tokens_decoder", "keyed by ids");
            added.Add((id, member.Value.Text("content"), member.Value.Flag("special", false)));
        }
        return added;
    }

    /// <summary>A SentencePiece vocabulary with what this file adds to it.</summary>
    internal GgufVocabulary Apply(GgufVocabulary vocabulary)
    {
        // Hostile ids would claim memory; real files add tokens right behind the model's.
        int count = vocabulary.Tokens.Count, size = Added.Count == 0 ? count : Math.Max(count, Added.Max(t => t.Id) + 1);
        if (size > count + Added.Count + (1 << 16)) throw JsonReading.Bad("added_tokens_decoder", $"near the vocabulary of {count} tokens: it has the id {size - 1}");
        vocabulary = vocabulary.Padded(size);
        ReadOnlyMemory<byte>[] tokens = [.. vocabulary.Tokens];
        int[] types = [.. vocabulary.TokenTypes!];
        foreach ((int id, string text, bool special) in Added)
        {
            tokens[id] = Encoding.UTF8.GetBytes(text);
            if (types[id] != (int)TokenKind.Unknown) types[id] = (int)(special ? TokenKind.Control : TokenKind.UserDefined);
        }
        return vocabulary with
        {
            Tokens = tokens,
            TokenTypes = types,
            BosId = Find(Bos) ?? vocabulary.BosId,
            EosId = Find(Eos) ?? vocabulary.EosId,
            UnknownId = Find(Unknown) ?? vocabulary.UnknownId,
            PadId = Find(Pad) ?? vocabulary.PadId,
            AddBos = AddBos ?? vocabulary.AddBos,
            AddEos = AddEos ?? vocabulary.AddEos,
            ChatTemplate = ChatTemplate,
            ChatTemplates = ChatTemplates,
        };

        int? Find(string? text)
        {
            if (text is null) return null;
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            int id = Array.FindIndex(tokens, t => t.Span.SequenceEqual(bytes));
            return id < 0 ? null : id;
        }
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
