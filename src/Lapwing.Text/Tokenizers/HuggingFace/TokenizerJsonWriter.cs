using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Writes GGUF's vocabulary as the <c>tokenizer.json</c> and <c>tokenizer_config.json</c> of Hugging Face's tokenizers: byte-level BPE with its
/// pre-tokenizer's pattern spelled out, SentencePiece BPE with the merges that its scores stand for.
/// </summary>
internal static partial class TokenizerJsonWriter
{
    private const string Mark = "▁";

    /// <summary>Both files as UTF-8.</summary>
    /// <exception cref="NotSupportedException">A kind without a form there.</exception>
    public static (byte[] Tokenizer, byte[] Config) Write(GgufVocabulary source, Tokenizer tokenizer)
    {
        for (int id = 0; id < source.Tokens.Count; id++)
            if (!System.Text.Unicode.Utf8.IsValid(source.Tokens[id].Span)) throw new NotSupportedException($"token {id} ('{Vocabulary.Show(source.Tokens[id].Span)}') is spelled in bytes that are no UTF-8, which tokenizer.json cannot hold");
        string[] tokens = [.. source.Tokens.Select(t => Encoding.UTF8.GetString(t.Span))];
        var json = new JsonObject { ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = Added(tokens, source) };
        switch (source.Model)
        {
            case "gpt2": ByteLevel(json, tokens, source); break;
            case "llama": SentencePiece(json, tokens, source); break;
            default: throw new NotSupportedException($"a vocabulary of the kind '{Vocabulary.Show(source.Model)}' is not written as tokenizer.json; gpt2 and llama are");
        }
        if (Around(tokens, tokenizer) is { } template) json["post_processor"] = template;
        return (Bytes(json), Bytes(Config(tokens, tokenizer)));
    }

    private static void ByteLevel(JsonObject json, string[] tokens, GgufVocabulary source)
    {
        string pre = source.Pre ?? "default";
        var kind = PreTokenizers.Find(pre) ?? throw new NotSupportedException($"the pre-tokenizer '{Vocabulary.Show(pre)}' is not known here");
        if (kind.OnCharacters || kind.RankedById || kind.WholeNewlines || kind.Patterns.Any(p => p is PreTokenizers.Triples or PreTokenizers.TriplesAtWordEnd or PreTokenizers.TriplesOfNumbers))
            throw new NotSupportedException($"the pre-tokenizer '{Vocabulary.Show(pre)}' is not written as tokenizer.json");
        var steps = new JsonArray();
        foreach (string pattern in kind.Patterns)
            steps.Add(new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Plain(pattern) }, ["behavior"] = "Isolated", ["invert"] = false });
        steps.Add(new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = source.AddSpacePrefix ?? false, ["trim_offsets"] = true, ["use_regex"] = false });
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps };
        json["post_processor"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = false, ["use_regex"] = true };
        json["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true };
        json["model"] = Model(tokens, source, Split(source.Merges ?? []), unknown: null, byteFallback: false, kind.IgnoreMerges);
    }

    private static void SentencePiece(JsonObject json, string[] tokens, GgufVocabulary source)
    {
        bool prefix = source.AddSpacePrefix ?? true;
        var normalizers = new JsonArray();
        if (prefix) normalizers.Add(new JsonObject { ["type"] = "Prepend", ["prepend"] = Mark });
        normalizers.Add(Replacing(" ", Mark));
        var decoders = new JsonArray(Replacing(Mark, " "), new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (prefix) decoders.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = normalizers };
        json["pre_tokenizer"] = null;
        json["post_processor"] = null;
        json["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = decoders };
        int unknown = source.UnknownId ?? 0;
        json["model"] = Model(tokens, source, Merges(tokens, source), unknown < tokens.Length ? tokens[unknown] : null, byteFallback: true, ignoreMerges: false);
    }

    private static JsonObject Replacing(string text, string with) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = with };

    private static JsonObject Model(string[] tokens, GgufVocabulary source, IEnumerable<(string Left, string Right)> merges, string? unknown, bool byteFallback, bool ignoreMerges)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < tokens.Length; id++)
        {
            // A byte-level vocabulary's own tokens are spelled byte by byte; user-defined ones are text and stand among the added tokens alone.
            if (!byteFallback && source.TokenTypes?[id] == (int)TokenKind.UserDefined) continue;
            vocabulary.TryAdd(tokens[id], id);
        }
        var known = new HashSet<(string, string)>();
        var pairs = new JsonArray();
        foreach (var (left, right) in merges)
        {
            if (!vocabulary.ContainsKey(left) || !vocabulary.ContainsKey(right) || !vocabulary.ContainsKey(left + right))
                throw new NotSupportedException($"the merge '{Vocabulary.Show(left)} {Vocabulary.Show(right)}' passes through a spelling that is no token, which tokenizer.json does not allow");
            // Of two equal merges GGUF counts the first and tokenizer.json the last.
            if (known.Add((left, right))) pairs.Add(new JsonArray(left, right));
        }
        return new JsonObject
        {
            ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = unknown, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null,
            ["fuse_unk"] = byteFallback, ["byte_fallback"] = byteFallback, ["ignore_merges"] = ignoreMerges, ["vocab"] = vocabulary,
            ["merges"] = pairs,
        };
    }

    private static IEnumerable<(string, string)> Split(IEnumerable<string> merges)
    {
        foreach (string merge in merges)
        {
            int space = merge.IndexOf(' ', 1);
            if (space > 0) yield return (merge[..space], merge[(space + 1)..]);
        }
    }

    // SentencePiece joins the two neighbours whose text has the best score: every way to part a token into two tokens is a merge, best first. The order
    // among equals is that of Transformers' converter.
    private static IEnumerable<(string, string)> Merges(string[] tokens, GgufVocabulary source)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++) ids.TryAdd(tokens[id], id);
        var merges = new List<(string Left, string Right, float Score)>();
        for (int id = 0; id < tokens.Length; id++)
        {
            if (source.TokenTypes is { } types && types[id] is not ((int)TokenKind.Normal or (int)TokenKind.UserDefined)) continue;
            string token = tokens[id];
            var ways = new List<(int Left, int Right)>();
            for (int cut = 1; cut < token.Length; cut++)
                if (!char.IsLowSurrogate(token[cut]) && ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right)) ways.Add((left, right));
            foreach (var (left, right) in ways.Order()) merges.Add((tokens[left], tokens[right], source.Scores?[id] ?? 0));
        }
        return merges.OrderByDescending(m => m.Score).ThenByDescending(m => Length(m.Left)).ThenByDescending(m => Length(m.Right)).Select(m => (m.Left, m.Right));

        static int Length(string text) => text.Length - text.Count(char.IsLowSurrogate);
    }

    private static JsonArray Added(string[] tokens, GgufVocabulary source)
    {
        var added = new JsonArray();
        for (int id = 0; id < tokens.Length; id++)
        {
            var kind = (TokenKind)(source.TokenTypes?[id] ?? (int)TokenKind.Normal);
            if (kind is TokenKind.Control or TokenKind.UserDefined or TokenKind.Unknown && tokens[id].Length > 0)
                added.Add(new JsonObject { ["id"] = id, ["content"] = tokens[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = kind != TokenKind.UserDefined });
        }
        return added;
    }

    private static JsonObject? Around(string[] tokens, Tokenizer tokenizer)
    {
        int? bos = tokenizer.AddsBos ? tokenizer.BosId : null, eos = tokenizer.AddsEos ? tokenizer.EosId : null;
        if (bos is null && eos is null) return null;
        foreach (int? id in new[] { bos, eos })
            if (id is { } token && tokens[token].Length == 0) throw new NotSupportedException($"token {token}, which stands around every text, has no spelling, so tokenizer.json cannot name it");
        var special = new JsonObject();
        JsonArray Parts(params string[] sequences)
        {
            var parts = new JsonArray();
            for (int s = 0; s < sequences.Length; s++)
            {
                if (bos is { } first) parts.Add(Special(first, s));
                parts.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = sequences[s], ["type_id"] = s } });
                if (eos is { } last) parts.Add(Special(last, s));
            }
            return parts;
        }
        JsonObject Special(int id, int type)
        {
            special[tokens[id]] = new JsonObject { ["id"] = tokens[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokens[id]) };
            return new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = tokens[id], ["type_id"] = type } };
        }
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = Parts("A"), ["pair"] = Parts("A", "B"), ["special_tokens"] = special };
    }

    private static JsonObject Config(string[] tokens, Tokenizer tokenizer)
    {
        var json = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["add_bos_token"] = tokenizer.AddsBos, ["add_eos_token"] = tokenizer.AddsEos, ["clean_up_tokenization_spaces"] = false };
        foreach (var (name, id) in new[] { ("bos_token", tokenizer.BosId), ("eos_token", tokenizer.EosId), ("unk_token", tokenizer.UnknownId), ("pad_token", tokenizer.PadId) })
            if (id is { } token && token < tokens.Length) json[name] = tokens[token];
        return json;
    }

    // Hugging Face's patterns know no \UXXXXXXXX: the characters themselves stand instead of their numbers.
    private static string Plain(string pattern) => Escape().Replace(pattern, m => char.ConvertFromUtf32(int.Parse(m.Groups[1].Success ? m.Groups[1].ValueSpan : m.Groups[2].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true }));

    [GeneratedRegex(@"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
