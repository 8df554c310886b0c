using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Training.Tests;

/// <summary>The vocabulary of a GGUF file as plain values.</summary>
internal static class Vocabularies
{
    public static GgufVocabulary Of(GgufFile file) => GgufVocabulary.FromMetadata(key => file.Metadata.TryGetValue(key, out var value) ? Plain(value) : null);

    private static object Plain(GgufValue value) => value.Type switch
    {
        GgufType.String => value.StringBytes.ToArray(),
        GgufType.Bool => value.TryGetBool(out bool truth) && truth,
        GgufType.Array when value.ElementType == GgufType.String => Enumerable.Range(0, value.Strings.Count).Select(i => value.Strings.Bytes(i).ToArray()).ToArray(),
        GgufType.Array => value.TryGetIntegers(out long[] numbers) ? numbers : value.TryGetSingles(out float[] reals) ? reals : [],
        _ => value.TryGetInteger(out long number) ? number : value.ToString()!,
    };
}
