using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>The kind of vocabulary that <see cref="BytePairTrainer"/> makes.</summary>
public enum BytePairStyle
{
    /// <summary>Bytes, joined inside the pieces of a pre-tokenizer (GPT-2's way). Every text can be spelled and is given back exactly.</summary>
    ByteLevel,

    /// <summary>Characters with spaces written ▁, joined inside words, and byte tokens for rare characters (LLaMA's way).</summary>
    SentencePiece,
}

/// <summary>What vocabulary to learn.</summary>
public sealed record BytePairTrainerOptions
{
    /// <summary>Tokens in all, special ones included.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The kind.</summary>
    public BytePairStyle Style { get; init; } = BytePairStyle.SentencePiece;

    /// <summary>The pre-tokenizer of a byte-level vocabulary, by its GGUF name.</summary>
    public string Pre { get; init; } = "llama-bpe";

    /// <summary>Control tokens: unknown, begin and end of text by default. The first named <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c> and <c>&lt;/s&gt;</c> take those roles.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<unk>", "<s>", "</s>"];

    /// <summary>Pairs seen less often are not joined.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>The longest token, in characters (SentencePiece style) or bytes.</summary>
    public int MaximumTokenLength { get; init; } = 16;

    /// <summary>SentencePiece style: the share of the text's characters that get a token of their own; the rest is spelled in bytes.</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>A chat template to put into the vocabulary.</summary>
    public string? ChatTemplate { get; init; }
}

/// <summary>
/// Learns a byte-pair vocabulary from text (Sennrich et al. 2016): the most frequent neighbours become a token, again and again. Ties go to the pair
/// whose tokens came first: the same text gives the same vocabulary, everywhere.
/// </summary>
public static class BytePairTrainer
{
    /// <summary>Learns from <paramref name="texts"/>. A small corpus may run out of pairs before <see cref="BytePairTrainerOptions.VocabularySize"/> is reached:
    /// the vocabulary then is smaller.</summary>
    /// <exception cref="ArgumentException">The size has no room for special tokens, bytes and characters, or the options contradict each other.</exception>
    /// <exception cref="NotSupportedException">An unknown pre-tokenizer.</exception>
    public static GgufVocabulary Train(IEnumerable<string> texts, BytePairTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SpecialTokens.Distinct().Count() != options.SpecialTokens.Count || options.SpecialTokens.Any(string.IsNullOrEmpty))
            throw new ArgumentException("The special tokens must differ from each other and none may be empty.", nameof(options));
        if (options.MaximumTokenLength < 2) throw new ArgumentException("Tokens of fewer than 2 characters need no training.", nameof(options));
        return options.Style == BytePairStyle.ByteLevel ? ByteLevel(texts, options) : SentencePiece(texts, options);
    }

    private static GgufVocabulary ByteLevel(IEnumerable<string> texts, BytePairTrainerOptions options)
    {
        PreTokenizerKind kind = PreTokenizers.Find(options.Pre) is { OnCharacters: false } found ? found
            : throw new NotSupportedException($"The pre-tokenizer '{options.Pre}' is not known here, or does not cut bytes.");
        Room(options, options.SpecialTokens.Count + 256);
        IReadOnlyList<PreTokenizer> steps = PreTokenizers.Steps(kind);
        var words = new Dictionary<string, long>();
        var workspace = new Workspace();
        foreach (string text in texts)
        {
            int[] points = CodePoints.From(text);
            workspace.Pieces.Clear();
            if (points.Length > 0) workspace.Pieces.Add(new Piece(points, 0, points.Length, AtStart: true));
            PreTokenizer.Run(steps, workspace);
            foreach (Piece piece in workspace.Pieces)
            {
                byte[] bytes = new byte[CodePoints.Utf8Length(piece.Span)];
                CodePoints.WriteUtf8(piece.Span, bytes);
                Count(words, ByteAlphabet.Spell(bytes));
            }
        }
        string[] alphabet = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b).ToString()).Order(StringComparer.Ordinal)];
        var learner = new PairLearner(alphabet, words, options.MinimumCount, options.MaximumTokenLength);
        learner.Learn(options.VocabularySize - options.SpecialTokens.Count - 256, taken: options.SpecialTokens);

        string[] tokens = [.. options.SpecialTokens, .. learner.Texts];
        return WithRoles(options, tokens, new GgufVocabulary
        {
            Model = "gpt2",
            Pre = options.Pre,
            Tokens = GgufVocabulary.Spellings(tokens),
            TokenTypes = [.. tokens.Select((_, id) => (int)(id < options.SpecialTokens.Count ? TokenKind.Control : TokenKind.Normal))],
            Merges = [.. learner.Merges.Select(m => $"{m.Left} {m.Right}")],
        });
    }

    private static GgufVocabulary SentencePiece(IEnumerable<string> texts, BytePairTrainerOptions options)
    {
        var words = new Dictionary<string, long>();
        var characters = new Dictionary<string, long>();
        foreach (string text in texts)
        {
            foreach (string word in Words(text)) Count(words, word);
        }
        foreach ((string word, long count) in words)
            foreach (Rune rune in word.EnumerateRunes()) Count(characters, rune.ToString(), count);
        string[] alphabet = Covered(characters, options);
        Room(options, options.SpecialTokens.Count + 256 + alphabet.Length);
        var learner = new PairLearner(alphabet, words, options.MinimumCount, options.MaximumTokenLength);
        learner.Learn(options.VocabularySize - options.SpecialTokens.Count - 256 - alphabet.Length,
            taken: [.. options.SpecialTokens, .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")]);

        int special = options.SpecialTokens.Count, joined = learner.Texts.Count - alphabet.Length;
        // SentencePiece's order: joined tokens in the order they were found, then the characters.
        string[] tokens = [.. options.SpecialTokens, .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), .. learner.Texts.Skip(alphabet.Length), .. alphabet];
        return WithRoles(options, tokens, new GgufVocabulary
        {
            Model = "llama",
            Pre = "default",
            Tokens = GgufVocabulary.Spellings(tokens),
            Scores = [.. tokens.Select((_, id) => id < special + 256 ? 0f : -(id - special - 256f))],
            TokenTypes = [.. tokens.Select((t, id) => (int)(id < special ? t == "<unk>" ? TokenKind.Unknown : TokenKind.Control : id < special + 256 ? TokenKind.Byte : TokenKind.Normal))],
            AddSpacePrefix = true,
        });
    }

    private static GgufVocabulary WithRoles(BytePairTrainerOptions options, string[] tokens, GgufVocabulary vocabulary)
    {
        int? bos = Role("<s>", "<bos>", "<|begin_of_text|>"), eos = Role("</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>");
        return vocabulary with
        {
            BosId = bos,
            EosId = eos,
            UnknownId = Role("<unk>"),
            PadId = Role("<pad>"),
            AddBos = bos is not null,
            AddEos = false,
            ChatTemplate = options.ChatTemplate,
        };

        int? Role(params string[] names)
        {
            int id = Array.FindIndex(tokens, 0, options.SpecialTokens.Count, t => names.Contains(t));
            return id < 0 ? null : id;
        }
    }

    private static void Room(BytePairTrainerOptions options, int needed)
    {
        if (options.VocabularySize < needed)
            throw new ArgumentException($"A vocabulary of {options.VocabularySize} tokens has no room for special tokens, bytes and characters, which take {needed}.", nameof(options));
    }

    private static void Count(Dictionary<string, long> counts, string key, long times = 1)
        => counts[key] = counts.GetValueOrDefault(key) + times;

    /// <summary>Words with their mark in front; control characters part words and are left to the byte tokens.</summary>
    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder("▁");
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool space = rune.Value == ' ', control = Rune.IsControl(rune);
            if (space || control)
            {
                if (word.Length > 0) yield return word.ToString();
                word.Clear();
                if (space) word.Append('▁');
                continue;
            }
            word.Append(rune.ToString());
        }
        if (word.Length > 0) yield return word.ToString();
    }

    /// <summary>The characters, most frequent first, that cover the share asked for; always the mark of a space.</summary>
    private static string[] Covered(Dictionary<string, long> characters, BytePairTrainerOptions options)
    {
        characters.TryAdd("▁", 0);
        double total = characters.Values.Sum(), covered = 0;
        var chosen = new List<string>();
        foreach ((string character, long count) in characters.OrderByDescending(c => c.Key == "▁").ThenByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            if (chosen.Count > 0 && covered >= options.CharacterCoverage * total) break;
            chosen.Add(character);
            covered += count;
        }
        return [.. chosen];
    }
}
