using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>The <c>model</c> of tokenizer.json with its vocabulary and added tokens.</summary>
internal sealed record JsonModel
{
    internal required string Kind { get; init; }

    internal required Vocabulary Vocabulary { get; init; }

    internal required SubwordModel Model { get; init; }

    internal required IReadOnlyList<(AddedToken Token, bool Normalized, bool Special)> Added { get; init; }

    internal int? UnknownId { get; init; }

    /// <summary>For BPE: pairs in order of rank.</summary>
    internal IReadOnlyList<(string Left, string Right)> Merges { get; init; } = [];

    /// <summary>For BPE: its settings.</summary>
    internal BytePairOptions? BytePair { get; init; }

    /// <summary>For WordPiece.</summary>
    internal string ContinuingPrefix { get; init; } = "##";

    /// <param name="root">The file.</param>
    /// <param name="preTokenizers">Steps before the model; a last one that spells bytes is taken over by a BPE model.</param>
    internal static JsonModel Read(JsonElement root, List<PreTokenizer> preTokenizers)
    {
        JsonElement model = root.Need("model");
        string kind = model.OptionalText("type") ?? Guess(model);
        var tokens = new TokenList();
        JsonElement vocab = model.Need("vocab");
        if (kind == "Unigram") ReadScored(vocab, tokens);
        else
            foreach (JsonProperty member in JsonReading.AsMembers(vocab, "vocab"))
                tokens.Add(JsonReading.Name(member, "vocab"), JsonReading.AsInteger(member.Value, "vocab"));
        tokens.ReadAdded(root);
        return kind switch
        {
            "BPE" => BytePairs(model, tokens, preTokenizers),
            "Unigram" => Scored(model, tokens),
            "WordPiece" => Pieces(model, tokens),
            "WordLevel" => Words(model, tokens),
            _ => throw new NotSupportedException($"tokenizer.json holds a model of type '{Vocabulary.Show(kind)}', which is not known here."),
        };
    }

    /// <summary>Files from before types were written.</summary>
    private static string Guess(JsonElement model)
        => model.Member("merges") is not null ? "BPE" : model.Member("vocab") is { ValueKind: JsonValueKind.Array } ? "Unigram"
            : model.Member("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel";

    private static JsonModel BytePairs(JsonElement model, TokenList tokens, List<PreTokenizer> preTokenizers)
    {
        string? unknown = model.OptionalText("unk_token");
        int? unknownId = Unknown(unknown, tokens);
        bool byteFallback = model.Flag("byte_fallback", false);
        var options = new BytePairOptions
        {
            ByteFallback = byteFallback,
            IgnoreMerges = model.Flag("ignore_merges", false),
            UnknownId = unknownId ?? -1,
            FuseUnknown = model.Flag("fuse_unk", false),
            ContinuingPrefix = model.OptionalText("continuing_subword_prefix") ?? "",
            EndSuffix = model.OptionalText("end_of_word_suffix") ?? "",
        };
        if (options is { ContinuingPrefix: "", EndSuffix: "", ByteFallback: false } && preTokenizers.Count > 0 && preTokenizers[^1] is ByteSpellingStep)
        {
            preTokenizers.RemoveAt(preTokenizers.Count - 1);
            options = options with { ByteLevel = true };
        }
        List<(string, string)> merges = ReadMerges(model);
        Vocabulary vocabulary = tokens.ToVocabulary(byteFallback, scores: false);
        return new JsonModel
        {
            Kind = "BPE",
            Vocabulary = vocabulary,
            Model = new BytePairModel(vocabulary, merges, options, strict: true),
            Added = tokens.Added,
            UnknownId = unknownId,
            Merges = merges,
            BytePair = options,
        };
    }

    /// <summary>A merge is <c>"a b"</c> (older files) or <c>["a", "b"]</c>.</summary>
    private static List<(string, string)> ReadMerges(JsonElement model)
    {
        var merges = new List<(string, string)>();
        foreach (JsonElement item in model.Items("merges"))
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                string text = JsonReading.AsText(item, "merges");
                int space = text.IndexOf(' ', StringComparison.Ordinal);
                if (space <= 0 || space == text.Length - 1 || text.IndexOf(' ', space + 1) >= 0)
                    throw JsonReading.Bad("merges", $"made of pairs: '{Vocabulary.Show(text)}' stands there");
                merges.Add((text[..space], text[(space + 1)..]));
                continue;
            }
            JsonElement[] pair = [.. JsonReading.AsItems(item, "merges")];
            if (pair.Length != 2) throw JsonReading.Bad("merges", $"made of pairs: a list of {pair.Length} stands there");
            merges.Add((JsonReading.AsText(pair[0], "merges"), JsonReading.AsText(pair[1], "merges")));
        }
        return merges;
    }

    private static void ReadScored(JsonElement vocab, TokenList tokens)
    {
        int id = 0;
        foreach (JsonElement item in JsonReading.AsItems(vocab, "vocab"))
        {
            JsonElement[] pair = [.. JsonReading.AsItems(item, "vocab")];
            if (pair.Length != 2) throw JsonReading.Bad("vocab", "made of pairs of spelling and score");
            tokens.Add(JsonReading.AsText(pair[0], "vocab"), id++, JsonReading.AsNumber(pair[1], "vocab"));
        }
    }

    private static JsonModel Scored(JsonElement model, TokenList tokens)
    {
        int count = model.Items("vocab").Count();
        int? unknown = model.Member("unk_id") is { } value ? JsonReading.AsInteger(value, "unk_id") : null;
        if (unknown is { } id && (id < 0 || id >= count)) throw JsonReading.Bad("unk_id", $"in a vocabulary of {count} tokens");
        bool byteFallback = model.Flag("byte_fallback", false);
        if (unknown is { } at) tokens.SetKind(at, TokenKind.Unknown);
        Vocabulary vocabulary = tokens.ToVocabulary(byteFallback, scores: true);
        return new JsonModel
        {
            Kind = "Unigram",
            Vocabulary = vocabulary,
            // Tokens added behind the model's own are no part of its lattice.
            Model = new UnigramModel(vocabulary, tokens.Scores(count), unknown ?? -1, byteFallback, everyToken: true),
            Added = tokens.Added,
            UnknownId = unknown,
            BytePair = new BytePairOptions { ByteFallback = byteFallback },
        };
    }

    private static JsonModel Pieces(JsonElement model, TokenList tokens)
    {
        string prefix = model.OptionalText("continuing_subword_prefix") ?? "##";
        int? unknown = Unknown(model.OptionalText("unk_token") ?? "[UNK]", tokens);
        int maximum = model.Member("max_input_chars_per_word") is { } value ? JsonReading.AsInteger(value, "max_input_chars_per_word") : 100;
        Vocabulary vocabulary = tokens.ToVocabulary(byteTokens: false, scores: false);
        byte[] mark = Encoding.UTF8.GetBytes(prefix);
        var all = Enumerable.Range(0, vocabulary.Count).Select(id => (Text: vocabulary.Memory(id), Id: id)).ToArray();
        return new JsonModel
        {
            Kind = "WordPiece",
            Vocabulary = vocabulary,
            Model = new WordPieceModel(all, all.Where(t => t.Text.Span.StartsWith(mark)).Select(t => (t.Text[mark.Length..], t.Id)), unknown ?? -1, maximum),
            Added = tokens.Added,
            UnknownId = unknown,
            ContinuingPrefix = prefix,
        };
    }

    private static JsonModel Words(JsonElement model, TokenList tokens)
    {
        int? unknown = Unknown(model.OptionalText("unk_token") ?? "<unk>", tokens);
        Vocabulary vocabulary = tokens.ToVocabulary(byteTokens: false, scores: false);
        return new JsonModel
        {
            Kind = "WordLevel",
            Vocabulary = vocabulary,
            Model = new WordLevelModel(vocabulary, unknown ?? -1),
            Added = tokens.Added,
            UnknownId = unknown,
        };
    }

    private static int? Unknown(string? text, TokenList tokens)
    {
        if (text is null || tokens.Find(text) is not { } id) return null;
        tokens.SetKind(id, TokenKind.Unknown);
        return id;
    }
}
