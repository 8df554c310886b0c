using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>A tokenizer from Hugging Face's tokenizer.json (and tokenizer_config.json), by the rules of their Rust library.</summary>
internal static class TokenizerJsonReader
{
    internal static Tokenizer Read(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte>? tokenizerConfig)
    {
        using JsonDocument document = JsonReading.Parse(json, "tokenizer.json");
        JsonElement root = document.RootElement;
        TokenizerConfig config = tokenizerConfig is { Length: > 0 } bytes ? TokenizerConfig.Read(bytes) : new TokenizerConfig();
        List<Normalizer> normalizers = NormalizerReader.Read(root.Member("normalizer"));
        List<PreTokenizer> preTokenizers = PreTokenizerReader.Read(root.Member("pre_tokenizer"));
        DecoderReader decoder = DecoderReader.Read(root.Member("decoder"));
        (List<int> prefix, List<int> suffix) = PostProcessorReader.Read(root.Member("post_processor"));

        JsonModel model = JsonModel.Read(root, preTokenizers);
        Vocabulary vocabulary = model.Vocabulary;
        foreach (int id in prefix.Concat(suffix))
            if (id < 0 || id >= vocabulary.Count)
                throw new InvalidDataException($"The post-processor of tokenizer.json adds token {id}, but the vocabulary has {vocabulary.Count}.");

        SpecialIds ids = Ids(config, vocabulary, model, prefix, suffix);
        // GPT-2's family names its end of text as unknown too: it stays the control token it was added as.
        if (ids.Unknown is { } unknown && (unknown == ids.Eos || unknown == ids.Bos)) vocabulary.SetKind(unknown, TokenKind.Control);
        Surround(config, ids, prefix, suffix);
        var raw = new List<AddedToken>();
        var normalized = new List<AddedToken>();
        foreach ((AddedToken token, bool isNormalized, _) in model.Added)
        {
            if (isNormalized) normalized.Add(token with { Text = Normalizer.Run(normalizers, token.Text) });
            else raw.Add(token);
        }
        bool encoder = model.Kind is "WordPiece" or "WordLevel";
        var pipeline = new Pipeline
        {
            Vocabulary = vocabulary,
            Model = model.Model,
            RawTokens = raw,
            NormalizedTokens = normalized,
            Normalizers = normalizers,
            PreTokenizers = preTokenizers,
            Prefix = prefix,
            Suffix = suffix,
            Bytes = [.. Enumerable.Range(0, vocabulary.Count).Select(id => vocabulary.Text(id).IsEmpty ? default : decoder.Bytes(Encoding.UTF8.GetString(vocabulary.Text(id))))],
            LeadingSpaces = decoder.LeadingSpaces,
            Description = $"{model.Model.Name} (tokenizer.json)",
            ToGguf = () => new GgufExport(model, normalizers, preTokenizers, prefix, suffix, ids, config).Build(),
        };
        return new PipelineTokenizer(pipeline)
        {
            BosId = ids.Bos,
            EosId = ids.Eos,
            EotId = encoder ? null : EndTokens.Turn(vocabulary, ids, added: true),
            UnknownId = ids.Unknown,
            PadId = ids.Pad,
            SeparatorId = ids.Separator,
            MaskId = ids.Mask,
            EndOfGeneration = encoder ? EndTokens.Named(vocabulary, ids, []).ToFrozenSet() : EndTokens.Find(vocabulary, ids, [], added: true),
            AsksForCleanUp = config.CleansUp,
            ChatTemplate = config.ChatTemplate,
            ChatTemplates = config.ChatTemplates,
        };
    }

    private static SpecialIds Ids(TokenizerConfig config, Vocabulary vocabulary, JsonModel model, List<int> prefix, List<int> suffix)
    {
        int? bos = Find(config.Bos) ?? Find(config.Classification);
        int? eos = Find(config.Eos) ?? Find(config.Separator);
        if (config.Bos is null && config.Eos is null && config.Classification is null)
        {
            // No tokenizer_config.json, or one that names nothing: go by what surrounds a text, then by what such tokens are called.
            bos = prefix.Count > 0 ? prefix[0] : Special("<s>", "<|begin_of_text|>", "<bos>", "[CLS]", "<|startoftext|>", "<｜begin▁of▁sentence｜>");
            eos = suffix.Count > 0 ? suffix[^1] : Special("</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>", "[SEP]", "<｜end▁of▁sentence｜>", "<|im_end|>");
        }
        return new SpecialIds(bos, eos, Eot: null, Eom: null, Find(config.Unknown) ?? model.UnknownId, Find(config.Separator), Find(config.Pad), Find(config.Mask));

        int? Find(string? text) => text is not null && vocabulary.Find(text) is >= 0 and int id ? id : null;

        int? Special(params string[] names)
        {
            foreach (string name in names)
                if (Find(name) is { } id && vocabulary.Kind(id) is (TokenKind.Control or TokenKind.Unknown)) return id;
            return null;
        }
    }

    /// <summary>An explicit flag in tokenizer_config.json rules over the post-processor.</summary>
    private static void Surround(TokenizerConfig config, SpecialIds ids, List<int> prefix, List<int> suffix)
    {
        if (config.AddBos == false && ids.Bos is { } no) prefix.RemoveAll(id => id == no);
        if (config.AddEos == false && ids.Eos is { } never) suffix.RemoveAll(id => id == never);
        if (config.AddBos == true && ids.Bos is { } bos && !prefix.Contains(bos)) prefix.Insert(0, bos);
        if (config.AddEos == true && ids.Eos is { } eos && !suffix.Contains(eos)) suffix.Add(eos);
    }
}
