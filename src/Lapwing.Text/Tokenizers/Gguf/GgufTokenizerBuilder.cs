using System.Collections.Frozen;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>A tokenizer from GGUF's values, with the defaults that llama.cpp gives each kind (<c>llama-vocab.cpp</c>).</summary>
internal static class GgufTokenizerBuilder
{
    internal static Tokenizer Build(GgufVocabulary source, bool originalSentencePiece = false)
    {
        Vocabulary vocabulary = ReadTokens(source);
        SpecialIds ids = SpecialIds.Read(source, vocabulary);
        bool encoder = source.Model is "bert" or "t5";
        FrozenSet<int> ends = encoder ? EndTokens.Named(vocabulary, ids, source.FurtherEndIds).ToFrozenSet()
            : EndTokens.Find(vocabulary, ids, source.FurtherEndIds, added: false);
        var warnings = new List<string>();
        Pipeline pipeline = source.Model switch
        {
            "llama" => SentencePiece(source, vocabulary, ids, originalSentencePiece),
            "gpt2" or "gemma4" => BytePair(source, vocabulary, warnings),
            "bert" => WordPiece(source, vocabulary, ids),
            "t5" => Unigram(source, vocabulary, ids),
            _ => throw new NotSupportedException(
                $"The tokenizer model '{Vocabulary.Show(source.Model)}' is not known here; known are llama, gpt2, gemma4, bert and t5."),
        };
        (int[] prefix, int[] suffix) = Surroundings(source, ids);
        pipeline = pipeline with
        {
            RawTokens = Added(source, vocabulary, originalSentencePiece),
            Prefix = prefix,
            Suffix = suffix,
            ToGguf = () => originalSentencePiece ? WithPlainSpaces(source) : source,
        };
        return new PipelineTokenizer(pipeline)
        {
            BosId = ids.Bos,
            EosId = ids.Eos,
            EotId = encoder ? ids.Eot : EndTokens.Turn(vocabulary, ids, added: false),
            UnknownId = ids.Unknown,
            PadId = ids.Pad,
            SeparatorId = ids.Separator,
            MaskId = ids.Mask,
            EndOfGeneration = ends,
            AsksForCleanUp = CleansUp(source),
            ChatTemplate = source.ChatTemplate,
            ChatTemplates = source.ChatTemplates,
            Warnings = warnings,
        };
    }

    /// <summary>GGUF's user-defined tokens are looked for in the text as it is written: their spaces are spaces.</summary>
    private static GgufVocabulary WithPlainSpaces(GgufVocabulary source)
    {
        ReadOnlyMemory<byte>[] plain = [.. source.Tokens.Select((t, id) => source.TokenTypes?[id] == (int)TokenKind.UserDefined ? Decoding.Unmark(t) : t)];
        var lookup = new BytesLookup(plain.Length);
        for (int id = 0; id < plain.Length; id++)
        {
            if (plain[id].IsEmpty || lookup.TryAdd(plain[id], id)) continue;
            throw new NotSupportedException($"tokens {lookup.Find(plain[id].Span)} and {id} are both '{Vocabulary.Show(plain[id].Span)}' once written with plain spaces, as GGUF asks, and only one of them could be");
        }
        return source with { Tokens = plain };
    }

    private static Vocabulary ReadTokens(GgufVocabulary source)
    {
        int count = source.Tokens.Count;
        CheckLength("scores", source.Scores?.Count);
        CheckLength("token_type", source.TokenTypes?.Count);
        var kinds = new TokenKind[count];
        for (int id = 0; id < count; id++)
        {
            int type = source.TokenTypes?[id] ?? 1;
            kinds[id] = type is >= 1 and <= 6 ? (TokenKind)type : TokenKind.Normal;
        }
        return new Vocabulary([.. source.Tokens], kinds, source.Scores?.ToArray());

        void CheckLength(string key, int? length)
        {
            if (length is { } n && n != count)
                throw new InvalidDataException($"The metadata 'tokenizer.ggml.{key}' has {n} entries for {count} tokens: the file is damaged.");
        }
    }

    /// <summary>
    /// Control, unknown and user-defined tokens are cut out by their spelling. Among overlapping ones the leftmost wins and then the longest, as in
    /// Hugging Face's tokenizers; llama.cpp goes by length alone, which differs only where spellings overlap each other's middles.
    /// </summary>
    private static List<AddedToken> Added(GgufVocabulary source, Vocabulary vocabulary, bool original)
    {
        string name = (source.ModelName ?? "").ToLowerInvariant();
        bool phi3 = name.Contains("phi-3", StringComparison.Ordinal) || name.Contains("phi3", StringComparison.Ordinal);
        bool maskTakesSpace = (source.Pre ?? "").StartsWith("jina-v2-", StringComparison.Ordinal);
        var list = new List<AddedToken>();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Kind(id) is not (TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined)) continue;
            // SentencePiece finds user-defined tokens itself, behind its normalisation.
            if (original && vocabulary.Kind(id) == TokenKind.UserDefined) continue;
            string text = Encoding.UTF8.GetString(vocabulary.Text(id));
            list.Add(new AddedToken(text, id,
                StripLeft: maskTakesSpace && text == "<mask>",
                StripRight: phi3 && text is not ("<unk>" or "<s>" or "<|endoftext|>")));
        }
        return list;
    }

    private static (int[] Prefix, int[] Suffix) Surroundings(GgufVocabulary source, SpecialIds ids)
    {
        bool bert = source.Model == "bert";
        bool bos = source.AddBos ?? (source.Model is "llama" or "bert" || (PreTokenizers.Find(source.Pre ?? "")?.AddsBos ?? false));
        bool eos = source.AddEos ?? source.Model == "t5";
        // Gemma 4's early files say add_bos_token = false; the model does not work without.
        if (IsGemma4(source)) bos = true;
        // BERT is always [CLS] text [SEP], whatever the flags say.
        if (bert) return ([Need(ids.Bos, "bos")], [Need(ids.Separator ?? ids.Eos, "seperator")]);
        return (bos ? [Need(ids.Bos, "bos")] : [], eos ? [Need(ids.Eos, "eos")] : []);

        static int Need(int? id, string name) => id ?? throw new InvalidDataException(
            $"The vocabulary asks for its {name} token around a text, but names none (tokenizer.ggml.{name}_token_id): the file was converted incompletely.");
    }

    private static bool IsGemma4(GgufVocabulary source)
        => source.Model == "gemma4" || (source.Model == "gpt2" && (PreTokenizers.Find(source.Pre ?? "")?.WholeNewlines ?? false));

    private static bool CleansUp(GgufVocabulary source) => source.Model switch
    {
        "bert" or "gemma4" => true,
        "gpt2" => PreTokenizers.Find(source.Pre ?? "default")?.CleansUp ?? false,
        _ => false,
    };

    private static Pipeline SentencePiece(GgufVocabulary source, Vocabulary vocabulary, SpecialIds ids, bool original)
    {
        bool prefix = source.AddSpacePrefix ?? true;
        ByteTrie? whole = original ? UserDefined(vocabulary) : null;
        // llama.cpp's converter keeps no character map for this kind; SentencePiece's own file may bring one.
        CharacterMap? map = original && source.PrecompiledCharsmap is { Length: > 0 } data ? new CharacterMap(data.Span) : null;
        return new Pipeline
        {
            Vocabulary = vocabulary,
            Model = new SentencePieceBpeModel(vocabulary, ids.Unknown ?? -1, original),
            Normalizers = [new SentencePieceNormalizer(map, prefix, original && (source.RemoveExtraWhitespaces ?? false), suffix: false, whole)],
            Bytes = Decoding.Marked(vocabulary),
            LeadingSpaces = prefix ? 1 : 0,
            Description = "SentencePiece BPE",
            ToGguf = () => source,
        };
    }

    private static ByteTrie UserDefined(Vocabulary vocabulary)
        => new(Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.Kind(id) == TokenKind.UserDefined).Select(id => (vocabulary.Memory(id), id)));

    private static Pipeline Unigram(GgufVocabulary source, Vocabulary vocabulary, SpecialIds ids)
    {
        if (vocabulary.Scores is null) throw new InvalidDataException("A Unigram vocabulary needs scores (tokenizer.ggml.scores), and the file has none.");
        bool prefix = source.AddSpacePrefix ?? false;
        CharacterMap? map = source.PrecompiledCharsmap is { Length: > 0 } data ? new CharacterMap(data.Span) : null;
        return new Pipeline
        {
            Vocabulary = vocabulary,
            Model = new UnigramModel(vocabulary, Array.ConvertAll(vocabulary.Scores, s => (double)s), ids.Unknown ?? -1, byteFallback: false, everyToken: false),
            Normalizers = [new SentencePieceNormalizer(map, prefix, source.RemoveExtraWhitespaces ?? false, suffix: false, UserDefined(vocabulary))],
            Bytes = Decoding.Marked(vocabulary),
            LeadingSpaces = prefix ? 1 : 0,
            Description = "Unigram",
            ToGguf = () => source,
        };
    }

    private static Pipeline BytePair(GgufVocabulary source, Vocabulary vocabulary, List<string> warnings)
    {
        string name = source.Model == "gemma4" ? "gemma4" : source.Pre ?? "";
        if (name.Length == 0)
        {
            name = "default";
            warnings.Add("The file does not name its pre-tokenizer (tokenizer.ggml.pre): the default is used, and answers may suffer. Convert the model anew.");
        }
        PreTokenizerKind kind = PreTokenizers.Find(name) ?? throw new NotSupportedException(
            $"The pre-tokenizer '{Vocabulary.Show(name)}' (tokenizer.ggml.pre) is not known here: text would be cut otherwise than the model learned it.");
        var options = new BytePairOptions
        {
            ByteLevel = !kind.OnCharacters,
            ByteFallback = kind.OnCharacters,
            IgnoreMerges = kind.IgnoreMerges,
            WholeNewlines = kind.WholeNewlines,
        };
        return new Pipeline
        {
            Vocabulary = vocabulary,
            Model = new BytePairModel(vocabulary, Merges(source, vocabulary, kind), options, strict: false),
            Normalizers = kind.OnCharacters ? [new ReplaceNormalizer(" ", null, "▁")] : [],
            PreTokenizers = PreTokenizers.Steps(kind),
            Bytes = kind.OnCharacters ? Decoding.Marked(vocabulary) : Decoding.Spelled(vocabulary),
            Description = kind.OnCharacters ? $"BPE ({name})" : $"byte-level BPE ({name})",
            ToGguf = () => source,
        };
    }

    private static List<(string, string)> Merges(GgufVocabulary source, Vocabulary vocabulary, PreTokenizerKind kind)
    {
        if (source.Merges is null)
        {
            if (kind.RankedById) return RanksFromIds(vocabulary);
            throw new InvalidDataException("The byte-pair vocabulary has no merges (tokenizer.ggml.merges): the file was converted incompletely.");
        }
        var merges = new List<(string, string)>(source.Merges.Count);
        foreach (string merge in source.Merges)
        {
            // A merge may begin with a space only where the left spelling is one.
            int space = merge.Length > 1 ? merge.IndexOf(' ', 1) : -1;
            if (space < 0 || space == merge.Length - 1)
                throw new InvalidDataException($"The merge '{Vocabulary.Show(Encoding.UTF8.GetBytes(merge))}' is not two spellings parted by a space: the file is damaged.");
            merges.Add((merge[..space], merge[(space + 1)..]));
        }
        return merges;
    }

    /// <summary>Tiktoken's rule as merges: whatever two tokens join to a token may merge, in order of that token's id.</summary>
    private static List<(string, string)> RanksFromIds(Vocabulary vocabulary)
    {
        var merges = new List<(string, string)>();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Kind(id) != TokenKind.Normal) continue;
            string text = Encoding.UTF8.GetString(vocabulary.Text(id));
            for (int cut = 1; cut < text.Length; cut++)
                if (vocabulary.Find(text[..cut]) >= 0 && vocabulary.Find(text[cut..]) >= 0) merges.Add((text[..cut], text[cut..]));
        }
        return merges;
    }

    private static Pipeline WordPiece(GgufVocabulary source, Vocabulary vocabulary, SpecialIds ids)
    {
        var first = new List<(ReadOnlyMemory<byte>, int)>();
        var rest = new List<(ReadOnlyMemory<byte>, int)>();
        ReadOnlySpan<byte> mark = "▁"u8;
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlyMemory<byte> text = vocabulary.Memory(id);
            if (text.Span.StartsWith(mark)) first.Add((text[mark.Length..], id));
            else rest.Add((text, id));
        }
        bool lowercase = source.Lowercase ?? true;
        return new Pipeline
        {
            Vocabulary = vocabulary,
            Model = new WordPieceModel(first, rest, ids.Unknown ?? -1, int.MaxValue),
            Normalizers = [new BertNormalizer(cleanText: true, spaceChinese: true, source.StripAccents ?? lowercase, lowercase)],
            PreTokenizers = BertSteps(),
            Bytes = Decoding.Marked(vocabulary),
            LeadingSpaces = 1,
            Description = "WordPiece",
            ToGguf = () => source,
        };
    }

    /// <summary>Words at white space, every punctuation mark on its own.</summary>
    internal static IReadOnlyList<PreTokenizer> BertSteps() =>
    [
        new SplitStep(new Pattern(@"\s+"), SplitBehavior.Removed),
        new SplitStep(new Pattern("[[:punct:]]"), SplitBehavior.Isolated),
    ];
}
