using System.Text;
using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Generation.Tests;

internal static class TestTokenizers
{
    public const int End = 2;

    /// <summary>64 tokens for <see cref="RandomModel"/>: three controls, letters, words, the bytes of an emoji one by one.</summary>
    public static Tokenizer Small()
    {
        string[] words =
        [
            "<unk>", "<s>", "</s>", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "▁", ".", "\n",
            .. Enumerable.Range('a', 26).Select(c => ((char)c).ToString()),
            .. Enumerable.Range('a', 26).Select(c => "▁" + (char)c), "▁the", "é",
        ];
        return TokenizerFactory.FromGguf(new GgufVocabulary
        {
            Model = "llama",
            Tokens = GgufVocabulary.Spellings(words),
            Scores = [.. words.Select((_, i) => -(float)i)],
            TokenTypes = [.. words.Select((w, i) => i switch { 0 => 2, 1 or 2 => 3, >= 3 and <= 6 => 6, _ => 1 })],
            BosId = 1,
            EosId = End,
            UnknownId = 0,
        });
    }

    /// <summary>The tokenizer inside a GGUF file.</summary>
    public static Tokenizer Of(GgufFile file) => TokenizerFactory.FromGguf(GgufVocabulary.FromMetadata(key => file.Metadata.TryGetValue(key, out GgufValue? v) ? Value(v) : null));

    private static object? Value(GgufValue v) => v switch
    {
        { Type: GgufType.String } => Encoding.UTF8.GetString(v.StringBytes),
        { Type: GgufType.Array, ElementType: GgufType.String } => v.Strings.ToArray(),
        { Type: GgufType.Array, ElementType: GgufType.Float32 } => v.ArrayAs<float>().ToArray(),
        { Type: GgufType.Array, ElementType: GgufType.Int32 } => v.ArrayAs<int>().ToArray(),
        { Type: GgufType.Bool } => v.TryGetBool(out bool b) && b,
        _ when v.TryGetInteger(out long i) => i,
        _ => null,
    };
}
