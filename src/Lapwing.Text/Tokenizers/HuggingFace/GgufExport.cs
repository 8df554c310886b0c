using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>The vocabulary of a tokenizer.json as GGUF values. What GGUF has no words for is refused, not approximated.</summary>
internal sealed class GgufExport(
    JsonModel model, IReadOnlyList<Normalizer> normalizers, IReadOnlyList<PreTokenizer> preTokenizers,
    IReadOnlyList<int> prefix, IReadOnlyList<int> suffix, SpecialIds ids, TokenizerConfig config)
{
    private Vocabulary Vocabulary => model.Vocabulary;

    internal GgufVocabulary Build()
    {
        GgufVocabulary result = model.Kind switch
        {
            "BPE" when model.BytePair!.ByteLevel || preTokenizers.Any(s => s is ByteSpellingStep) => ByteLevel(),
            "BPE" => Characters(),
            "Unigram" => Unigram(),
            "WordPiece" => WordPiece(),
            _ => throw Cannot($"a {model.Kind} model"),
        };
        return WithIds(result);
    }

    private static NotSupportedException Cannot(string what) => new($"GGUF cannot express this tokenizer: it has {what}.");

    private GgufVocabulary WithIds(GgufVocabulary v)
    {
        bool bert = model.Kind == "WordPiece";
        int? bos = ids.Bos ?? (prefix.Count == 1 ? prefix[0] : null);
        int? eos = ids.Eos ?? (suffix.Count == 1 ? suffix[0] : null);
        if (prefix.Count > 1 || (prefix.Count == 1 && prefix[0] != bos)) throw Cannot("something other than its BOS token before a text");
        if (suffix.Count > 1 || (suffix.Count == 1 && suffix[0] != eos && suffix[0] != ids.Separator)) throw Cannot("something other than its EOS token behind a text");
        return v with
        {
            BosId = bos,
            EosId = eos,
            UnknownId = ids.Unknown,
            PadId = ids.Pad,
            SeparatorId = ids.Separator ?? (bert && suffix.Count == 1 ? suffix[0] : null),
            MaskId = ids.Mask,
            AddBos = prefix.Count > 0,
            AddEos = suffix.Count > 0,
            ChatTemplate = config.ChatTemplate,
            ChatTemplates = config.ChatTemplates.Where(t => t.Key != "default").ToDictionary(t => t.Key, t => t.Value),
        };
    }

    private GgufVocabulary Tokens(string ggufModel, Func<int, string>? spelling = null)
    {
        int count = Vocabulary.Count;
        var texts = new ReadOnlyMemory<byte>[count];
        int[] types = new int[count];
        for (int id = 0; id < count; id++)
        {
            bool gap = Vocabulary.Text(id).IsEmpty;
            texts[id] = gap ? Encoding.UTF8.GetBytes($"[PAD{id}]") : spelling is null ? Vocabulary.Memory(id) : Encoding.UTF8.GetBytes(spelling(id));
            types[id] = (int)(gap ? TokenKind.Unused : Vocabulary.Kind(id));
        }
        return new GgufVocabulary { Model = ggufModel, Tokens = texts, TokenTypes = types };
    }

    private GgufVocabulary ByteLevel()
    {
        // NFC is what Qwen's files ask for; GGUF has no place for it, and every converter leaves it out.
        if (normalizers.Any(n => n is not UnicodeFormNormalizer { Form: NormalizationForm.FormC })) throw Cannot("a normaliser before byte-level BPE");
        if (model.BytePair is not { ContinuingPrefix: "", EndSuffix: "" }) throw Cannot("marks inside words (continuing_subword_prefix, end_of_word_suffix)");
        IReadOnlyList<PreTokenizerKind> kinds = PreTokenizerDetection.Find(preTokenizers);
        if (kinds.Count == 0)
            throw Cannot("a pre-tokenizer that none of the known names stands for: " + string.Join(", ", preTokenizers.Select(Describe)));
        bool ignores = model.BytePair.IgnoreMerges;
        PreTokenizerKind? kind = kinds.FirstOrDefault(k => k.IgnoreMerges == ignores);
        if (kind is null)
        {
            if (!EveryTokenMerges()) throw Cannot($"the pre-tokenizer of '{kinds[0].Names[0]}' with ignore_merges = {(ignores ? "true" : "false")}, and its merges do not make up for that");
            kind = kinds[0];
        }
        return Tokens("gpt2") with { Pre = kind.Names[0], Merges = Merges() };
    }

    private List<string> Merges() => [.. model.Merges.Select(m => $"{m.Left} {m.Right}")];

    private static string Describe(PreTokenizer step) => step switch
    {
        SplitStep split => $"split {split.Behavior} at '{PatternParser.Shorten(split.Pattern.Source)}'",
        PrefixSpaceStep => "a space put in front",
        _ => step.GetType().Name.Replace("Step", "", StringComparison.Ordinal),
    };

    /// <summary>Whether each ordinary token is what its own text merges to: then taking whole pieces first changes nothing.</summary>
    private bool EveryTokenMerges()
    {
        var strict = new BytePairModel(Vocabulary, model.Merges, model.BytePair! with { IgnoreMerges = false }, strict: true);
        var workspace = new Workspace();
        var result = new List<int>();
        for (int id = 0; id < Vocabulary.Count; id++)
        {
            if (Vocabulary.Kind(id) != TokenKind.Normal) continue;
            if (ByteAlphabet.Read(Vocabulary.Text(id)) is not { } bytes) continue;
            string text = Encoding.UTF8.GetString(bytes);
            // A token that ends inside a character is no piece on its own.
            if (text.Contains('\uFFFD', StringComparison.Ordinal)) continue;
            result.Clear();
            strict.Encode(CodePoints.From(text), result, workspace);
            if (result.Count != 1 || result[0] != id) return false;
        }
        return true;
    }

    /// <summary>BPE over characters with spaces written ▁: SentencePiece's (<c>llama</c>), or Gemma 4's form, which keeps its merges.</summary>
    private GgufVocabulary Characters()
    {
        (bool marks, bool prepends) = Spaces();
        if (!marks) throw Cannot("BPE over characters without the mark ▁ for spaces");
        if (model.BytePair is not { ContinuingPrefix: "", EndSuffix: "" }) throw Cannot("marks inside words (continuing_subword_prefix, end_of_word_suffix)");
        float[]? scores = MergeScores.From(model, out string? why);
        if (scores is not null && !model.BytePair.IgnoreMerges)
            return Tokens("llama") with { Pre = "default", Scores = scores, AddSpacePrefix = prepends };
        if (prepends || !model.BytePair.ByteFallback || prefix.Count == 0) throw Cannot($"merges that no scores stand for ({why})");
        return Tokens("gemma4") with { Pre = "gemma4", Merges = Merges(), Scores = [.. Enumerable.Repeat(0f, Vocabulary.Count)] };
    }

    /// <summary>Reads how spaces are marked; anything beyond that is refused.</summary>
    private (bool Marks, bool Prepends) Spaces()
    {
        bool marks = false, prepends = false;
        foreach (Normalizer step in normalizers)
        {
            if (step is ReplaceNormalizer { Literal: " ", Content: "▁" }) marks = true;
            else if (step is PrependNormalizer { Prefix: "▁" }) prepends = true;
            else throw Cannot($"the normaliser {step.GetType().Name.Replace("Normalizer", "", StringComparison.Ordinal)} before character BPE");
        }
        foreach (PreTokenizer step in preTokenizers)
        {
            if (step is MetaspaceStep { Replacement: '▁' } metaspace)
            {
                marks = true;
                prepends |= metaspace.Scheme != PrependScheme.Never;
            }
            // Gemma's files split at spaces that the normaliser has replaced before: it does nothing.
            else if (!(marks && step is SplitStep { Pattern.Source: @"\x{20}" })) throw Cannot($"a pre-tokenizer before character BPE: {Describe(step)}");
        }
        return (marks, prepends);
    }

    private GgufVocabulary Unigram()
    {
        if (model.BytePair!.ByteFallback) throw Cannot("a Unigram model with byte fallback");
        ReadOnlyMemory<byte>? map = null;
        bool removeExtra = false, prepends = false, marks = false;
        foreach (Normalizer step in normalizers)
        {
            switch (step)
            {
                case PrecompiledNormalizer precompiled: map = precompiled.Data; break;
                case ReplaceNormalizer { Content: " " or "▁", Literal: null } or StripNormalizer: removeExtra = true; break;
                case ReplaceNormalizer { Literal: " ", Content: "▁" }: marks = true; break;
                case PrependNormalizer { Prefix: "▁" }: prepends = true; break;
                default: throw Cannot($"the normaliser {step.GetType().Name.Replace("Normalizer", "", StringComparison.Ordinal)} before a Unigram model");
            }
        }
        foreach (PreTokenizer step in preTokenizers)
        {
            if (step is MetaspaceStep metaspace)
            {
                marks = true;
                prepends |= metaspace.Scheme != PrependScheme.Never;
            }
            else if (step is SplitStep { Behavior: SplitBehavior.Removed, Pattern.Source: @"\s+" }) removeExtra = true;
            else throw Cannot($"a pre-tokenizer before a Unigram model: {Describe(step)}");
        }
        if (!marks) throw Cannot("a Unigram model without the mark ▁ for spaces");
        return Tokens("t5") with
        {
            Pre = "default",
            Scores = [.. Enumerable.Range(0, Vocabulary.Count).Select(Vocabulary.Score)],
            PrecompiledCharsmap = map,
            AddSpacePrefix = prepends,
            RemoveExtraWhitespaces = removeExtra,
        };
    }

    private GgufVocabulary WordPiece()
    {
        if (normalizers is not [BertNormalizer { IsComplete: true } bert]) throw Cannot("a normaliser other than BERT's before WordPiece");
        string[] wanted = [.. GgufTokenizerBuilder.BertSteps().Select(Describe)];
        if (!preTokenizers.Select(Describe).SequenceEqual(wanted)) throw Cannot("a pre-tokenizer other than BERT's before WordPiece");
        string mark = model.ContinuingPrefix;
        return Tokens("bert", Spelling) with { Pre = "default", Lowercase = bert.Lowercases, StripAccents = bert.StripsAccents };

        // GGUF marks the first piece of a word, BERT's files the others.
        string Spelling(int id)
        {
            string text = Encoding.UTF8.GetString(Vocabulary.Text(id));
            if (Vocabulary.Kind(id) != TokenKind.Normal) return text;
            return text.StartsWith(mark, StringComparison.Ordinal) && text.Length > mark.Length ? text[mark.Length..] : "▁" + text;
        }
    }
}
