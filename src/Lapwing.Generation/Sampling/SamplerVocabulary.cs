namespace Lapwing.Generation.Sampling;

/// <summary>What a <see cref="SamplerChain"/> needs to know of a model and its tokenizer.</summary>
public sealed class SamplerVocabulary
{
    private readonly Func<int, byte[]>? _tokenBytes;
    private readonly Func<string, int[]>? _tokenize;

    /// <summary>A vocabulary of <paramref name="size"/> tokens in a context of <paramref name="contextLength"/> tokens.</summary>
    /// <param name="size">How many logits there are.</param>
    /// <param name="contextLength">What a window of −1 tokens means.</param>
    /// <param name="tokenBytes">The UTF-8 bytes a token stands for; needed for DRY's sequence breakers only.</param>
    /// <param name="tokenize">Ids of a text without BOS, EOS or special tokens; needed for DRY's sequence breakers only.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public SamplerVocabulary(int size, int contextLength, Func<int, byte[]>? tokenBytes = null, Func<string, int[]>? tokenize = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextLength);
        Size = size;
        ContextLength = contextLength;
        _tokenBytes = tokenBytes;
        _tokenize = tokenize;
    }

    /// <summary>How many logits there are.</summary>
    public int Size { get; }

    /// <summary>Tokens of the context.</summary>
    public int ContextLength { get; }

    internal byte[] TokenBytes(int token) => (_tokenBytes ?? throw Missing())(token);

    internal int[] Tokenize(string text) => (_tokenize ?? throw Missing())(text);

    private static ArgumentException Missing()
        => new("dry_sequence_breakers need the vocabulary's texts, which this caller has not given; set no breakers");
}
