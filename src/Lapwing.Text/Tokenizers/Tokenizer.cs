using System.Collections.Frozen;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Text to token ids and back. Immutable and safe for use by many threads at once. Made by <see cref="TokenizerFactory"/>.
/// </summary>
public abstract class Tokenizer
{
    private protected Tokenizer()
    {
    }

    /// <summary>Number of ids: 0 to this − 1.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Kind, pre-tokenizer and size in one line.</summary>
    public abstract string Description { get; }

    /// <summary>The token that begins a text.</summary>
    public int? BosId { get; internal init; }

    /// <summary>The token that ends a text.</summary>
    public int? EosId { get; internal init; }

    /// <summary>The token that ends a turn of a chat.</summary>
    public int? EotId { get; internal init; }

    /// <summary>The token for what the vocabulary cannot spell.</summary>
    public int? UnknownId { get; internal init; }

    /// <summary>The token that fills up a batch.</summary>
    public int? PadId { get; internal init; }

    /// <summary>The token between two texts (BERT's <c>[SEP]</c>).</summary>
    public int? SeparatorId { get; internal init; }

    /// <summary>The token that hides another (BERT's <c>[MASK]</c>).</summary>
    public int? MaskId { get; internal init; }

    /// <summary>Ids at which generation ends: the end of text, of turn, of message.</summary>
    public IReadOnlySet<int> EndOfGeneration { get; internal init; } = FrozenSet<int>.Empty;

    /// <summary><see cref="Encode"/> with special tokens puts <see cref="BosId"/> first.</summary>
    public abstract bool AddsBos { get; }

    /// <summary><see cref="Encode"/> with special tokens puts <see cref="EosId"/> (or <see cref="SeparatorId"/>) last.</summary>
    public abstract bool AddsEos { get; }

    /// <summary>The makers of the vocabulary ask for <c>clean_up_tokenization_spaces</c>; <see cref="Decode"/> does it only where its caller asks.</summary>
    public bool AsksForCleanUp { get; internal init; }

    /// <summary>The chat template that came with the vocabulary (Jinja), or null.</summary>
    public string? ChatTemplate { get; internal init; }

    /// <summary>Chat templates by name where there are several (<c>default</c>, <c>tool_use</c>, …).</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; internal init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>What is odd about the vocabulary, for the person who chose it.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>The ids of <paramref name="text"/>; a lone surrogate counts as U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Add what the vocabulary puts around a text (<see cref="AddsBos"/>, <see cref="AddsEos"/>).</param>
    /// <param name="parseSpecial">Spellings of control tokens become those tokens. False keeps them text: right for what a user wrote.
    /// User-defined tokens are recognised either way.</param>
    /// <exception cref="NotSupportedException">A text the vocabulary has no way to spell.</exception>
    public abstract int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true);

    /// <summary>The bytes <paramref name="id"/> adds to a text: UTF-8, but a token may begin or end inside a character. A control token's bytes are its spelling.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public abstract ReadOnlySpan<byte> TokenBytes(int id);

    /// <summary>The spelling in the vocabulary (<c>▁the</c>, <c>Ġthe</c>, <c>##ing</c>, <c>&lt;0x0A&gt;</c>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public abstract string TokenText(int id);

    /// <summary>What <paramref name="id"/> is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public abstract TokenKind Kind(int id);

    /// <summary>The id with the spelling <paramref name="tokenText"/> (as <see cref="TokenText"/> gives it), or null.</summary>
    public abstract int? Find(string tokenText);

    /// <summary>The vocabulary as GGUF metadata values.</summary>
    /// <param name="vocabularySize">Rows of the model's embedding where it has more than the tokenizer: the rest become unused tokens.</param>
    /// <exception cref="NotSupportedException">GGUF has no way to say what this tokenizer does; the message says what.</exception>
    public abstract GgufVocabulary ToGguf(int? vocabularySize = null);

    /// <summary>The vocabulary as Hugging Face's <c>tokenizer.json</c> and <c>tokenizer_config.json</c>, UTF-8.</summary>
    /// <exception cref="NotSupportedException">Those have no way to say what this tokenizer does, or none that is written here; the message says what.</exception>
    public (byte[] Tokenizer, byte[] Config) ToTokenizerJson() => TokenizerJsonWriter.Write(ToGguf(), this);

    /// <summary>True for tokens that carry no text of their own.</summary>
    public bool IsSpecial(int id) => Kind(id) is TokenKind.Control or TokenKind.Unknown;

    /// <summary>How many leading spaces of a decoded text came from encoding, not from the author.</summary>
    internal abstract int LeadingSpaces { get; }

    /// <summary>The text of <paramref name="ids"/>; bytes that are no UTF-8 become U+FFFD, the space that encoding put in front is taken away.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecial">Leave out control and unknown tokens.</param>
    /// <param name="cleanUp">Remove the spaces before punctuation and contractions, as Transformers' <c>clean_up_tokenization</c> does.
    /// It cannot be undone and hurts byte-level vocabularies, whose decoding is exact: off unless asked for.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false, bool cleanUp = false)
    {
        StreamingDecoder decoder = CreateDecoder(continuation: false, skipSpecial);
        var builder = new StringBuilder();
        foreach (int id in ids) decoder.Next(id, builder);
        string text = builder.Append(decoder.Flush()).ToString();
        return cleanUp ? TextCleanUp.Apply(text) : text;
    }

    /// <summary>A decoder for tokens as they come.</summary>
    /// <param name="continuation">The tokens continue a text: a leading space is text and stays. False at the start of a text.</param>
    /// <param name="skipSpecial">Leave out control and unknown tokens.</param>
    public StreamingDecoder CreateDecoder(bool continuation = true, bool skipSpecial = true) => new(this, continuation, skipSpecial);

    /// <inheritdoc/>
    public override string ToString() => Description;
}
