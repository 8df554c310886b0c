using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// A vocabulary as plain values, as GGUF metadata holds it under <c>tokenizer.*</c>. Null means that the file does not say. Nothing is checked here:
/// <see cref="TokenizerFactory.FromGguf"/> does that.
/// </summary>
public sealed record GgufVocabulary
{
    /// <summary><c>tokenizer.ggml.model</c>: <c>llama</c> (SentencePiece BPE), <c>gpt2</c> (byte-level BPE), <c>gemma4</c>, <c>bert</c> (WordPiece), <c>t5</c> (Unigram).</summary>
    public required string Model { get; init; }

    /// <summary><c>tokenizer.ggml.pre</c>: the pre-tokenizer's name.</summary>
    public string? Pre { get; init; }

    /// <summary><c>tokenizer.ggml.tokens</c>: spellings by id, UTF-8.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Tokens { get; init; }

    /// <summary><c>tokenizer.ggml.scores</c>, by id.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary><c>tokenizer.ggml.token_type</c>, by id: numbers of <see cref="TokenKind"/>.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary><c>tokenizer.ggml.merges</c>: two spellings parted by a space, in order of rank.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary><c>tokenizer.ggml.bos_token_id</c>.</summary>
    public int? BosId { get; init; }

    /// <summary><c>tokenizer.ggml.eos_token_id</c>.</summary>
    public int? EosId { get; init; }

    /// <summary><c>tokenizer.ggml.eot_token_id</c>: ends a turn.</summary>
    public int? EotId { get; init; }

    /// <summary><c>tokenizer.ggml.eom_token_id</c>: ends a message that calls a tool.</summary>
    public int? EomId { get; init; }

    /// <summary><c>tokenizer.ggml.unknown_token_id</c>.</summary>
    public int? UnknownId { get; init; }

    /// <summary><c>tokenizer.ggml.seperator_token_id</c> (the key is misspelled so).</summary>
    public int? SeparatorId { get; init; }

    /// <summary><c>tokenizer.ggml.padding_token_id</c>.</summary>
    public int? PadId { get; init; }

    /// <summary><c>tokenizer.ggml.mask_token_id</c>.</summary>
    public int? MaskId { get; init; }

    /// <summary>Further ids at which generation ends: <c>tokenizer.ggml.fim_pad_token_id</c>, <c>fim_rep_token_id</c>, <c>fim_sep_token_id</c>, <c>eos_token_ids</c>.</summary>
    public IReadOnlyList<int> FurtherEndIds { get; init; } = [];

    /// <summary><c>tokenizer.ggml.add_bos_token</c>.</summary>
    public bool? AddBos { get; init; }

    /// <summary><c>tokenizer.ggml.add_eos_token</c>.</summary>
    public bool? AddEos { get; init; }

    /// <summary><c>tokenizer.ggml.add_sep_token</c>.</summary>
    public bool? AddSeparator { get; init; }

    /// <summary><c>tokenizer.ggml.add_space_prefix</c>.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary><c>tokenizer.ggml.remove_extra_whitespaces</c>.</summary>
    public bool? RemoveExtraWhitespaces { get; init; }

    /// <summary><c>tokenizer.ggml.precompiled_charsmap</c>: SentencePiece's compiled normalisation.</summary>
    public ReadOnlyMemory<byte>? PrecompiledCharsmap { get; init; }

    /// <summary><c>tokenizer.ggml.normalizer.lowercase</c> (WordPiece).</summary>
    public bool? Lowercase { get; init; }

    /// <summary><c>tokenizer.ggml.normalizer.strip_accents</c> (WordPiece).</summary>
    public bool? StripAccents { get; init; }

    /// <summary><c>tokenizer.chat_template</c>.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary><c>tokenizer.chat_template.NAME</c> by name.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary><c>general.name</c>: Phi-3's files need it, for nothing else in them says that white space behind a control token belongs to it.</summary>
    public string? ModelName { get; init; }

    /// <summary>
    /// Reads the metadata through <paramref name="value"/>, which gives the value of a key or null. Understood are: <see cref="string"/> or
    /// <see cref="byte"/>[] for strings, <see cref="bool"/>, any integer or float type, arrays and lists of numbers, and lists of
    /// <see cref="string"/> or <see cref="byte"/>[] for arrays of strings.
    /// </summary>
    /// <exception cref="InvalidDataException">A key has another type than it should, or the tokens are missing.</exception>
    public static GgufVocabulary FromMetadata(Func<string, object?> value) => GgufMetadataKeys.Read(value);

    /// <summary>The vocabulary as metadata: keys with <see cref="string"/>, <see cref="bool"/>, <see cref="uint"/>, <see cref="int"/>[], <see cref="float"/>[],
    /// <see cref="byte"/>[] (the character map, as uint8) or <see cref="byte"/>[][] (an array of strings).</summary>
    public IReadOnlyList<KeyValuePair<string, object>> ToMetadata() => GgufMetadataKeys.Write(this);

    /// <summary>The spellings as bytes.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Spellings(IEnumerable<string> tokens)
        => [.. tokens.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))];

    /// <summary>The vocabulary with unused tokens <c>[PAD7]</c> up to <paramref name="size"/>, as models have whose embedding is larger than their tokenizer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than there are.</exception>
    public GgufVocabulary Padded(int size)
    {
        int count = Tokens.Count;
        if (size < count)
            throw new ArgumentOutOfRangeException(nameof(size), size, $"The vocabulary has {count} tokens; it cannot be cut to {size}.");
        if (size == count) return this;
        var range = Enumerable.Range(count, size - count);
        return this with
        {
            Tokens = [.. Tokens, .. Spellings(range.Select(i => $"[PAD{i}]"))],
            Scores = Scores is null ? null : [.. Scores, .. range.Select(_ => -10000f)],
            TokenTypes = [.. TokenTypes ?? [.. Enumerable.Repeat((int)TokenKind.Normal, count)], .. range.Select(_ => (int)TokenKind.Unused)],
        };
    }
}
