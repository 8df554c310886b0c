namespace Lapwing.Text.Tokenizers;

/// <summary>Makes tokenizers from what models come with.</summary>
public static class TokenizerFactory
{
    /// <summary>From the metadata of a GGUF file. Cuts text as llama.cpp does, except where its patterns only approximate the published ones.</summary>
    /// <exception cref="InvalidDataException">The values contradict each other: ids outside the vocabulary, lists of unequal length, a token twice, …</exception>
    /// <exception cref="NotSupportedException">A tokenizer model or pre-tokenizer that is not known here; the message names it.</exception>
    public static Tokenizer FromGguf(GgufVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return GgufTokenizerBuilder.Build(vocabulary);
    }

    /// <summary>From Hugging Face's <c>tokenizer.json</c>, by the rules of their library.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="tokenizerConfig">The bytes of <c>tokenizer_config.json</c>: which tokens begin and end a text, the chat template. Null or empty for none.</param>
    /// <exception cref="InvalidDataException">Not valid JSON, or its parts do not belong together.</exception>
    /// <exception cref="NotSupportedException">A component that is not known here; the message names it.</exception>
    public static Tokenizer FromTokenizerJson(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte>? tokenizerConfig = null)
    {
        try
        {
            return TokenizerJsonReader.Read(json, tokenizerConfig);
        }
        catch (InvalidOperationException e)
        {
            // The reader's answer to half a surrogate pair in a name it compares.
            throw new InvalidDataException($"tokenizer.json holds a malformed string: {e.Message}");
        }
    }

    /// <summary>From SentencePiece's <c>tokenizer.model</c> (BPE or Unigram), by the rules of its library.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="tokenizerConfig">The bytes of <c>tokenizer_config.json</c>: tokens added to the model's own, which of them begin and end a text, the chat
    /// template. Null or empty for none.</param>
    /// <exception cref="InvalidDataException">Not such a file, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">A model of words or characters.</exception>
    public static Tokenizer FromSentencePieceModel(ReadOnlyMemory<byte> model, ReadOnlyMemory<byte>? tokenizerConfig = null)
    {
        GgufVocabulary vocabulary = SentencePieceReader.Read(model);
        if (tokenizerConfig is { Length: > 0 } config) vocabulary = TokenizerConfig.Read(config).Apply(vocabulary);
        return GgufTokenizerBuilder.Build(vocabulary, originalSentencePiece: true);
    }
}
