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
}
