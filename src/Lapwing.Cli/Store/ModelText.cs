using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Store;

/// <summary>What a model brings for text: its tokenizer and its chat template.</summary>
/// <param name="Tokenizer">Text to ids and back.</param>
/// <param name="ChatTemplate">Jinja; null for base models.</param>
internal sealed record ModelText(Tokenizer Tokenizer, string? ChatTemplate)
{
    /// <summary>Reads both from a GGUF file or a safetensors folder.</summary>
    /// <exception cref="InvalidDataException">There is no tokenizer, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static ModelText Open(string path)
    {
        using var file = GgufFile.Open(path);
        var tokenizer = GgufText.Tokenizer(file);
        return new ModelText(tokenizer, tokenizer.ChatTemplate);
    }

    /// <summary>The tokenizer alone.</summary>
    public static Tokenizer OpenTokenizer(string path) => Open(path).Tokenizer;
}
