using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Cli.Store;

/// <summary>Hands a GGUF file's metadata to the tokenizers, which know no files.</summary>
internal static class GgufText
{
    /// <summary>The tokenizer that the file brings.</summary>
    /// <exception cref="InvalidDataException">It brings none, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static Tokenizer Tokenizer(GgufFile file)
    {
        if (!file.Metadata.ContainsKey("tokenizer.ggml.model"))
            throw new InvalidDataException($"{file.Path} holds no tokenizer (tokenizer.ggml.model is missing); take a file that was converted with its tokenizer");
        try
        {
            return TokenizerFactory.FromGguf(GgufVocabulary.FromMetadata(key => file.Metadata.TryGetValue(key, out var value) ? Plain(value) : null));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file.Path}: {e.Message}", e);
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{file.Path}: {e.Message}", e);
        }
    }

    private static object Plain(GgufValue value) => value.Type switch
    {
        GgufType.String => value.StringBytes.ToArray(),
        GgufType.Bool => value.TryGetBool(out bool truth) && truth,
        GgufType.Float32 or GgufType.Float64 => value.TryGetDouble(out double real) ? real : 0,
        GgufType.Array => Elements(value),
        _ => value.TryGetInteger(out long number) ? number : value.ToString()!,
    };

    private static object Elements(GgufValue value)
    {
        switch (value.ElementType)
        {
            case GgufType.String:
                var strings = value.Strings;
                var texts = new byte[strings.Count][];
                for (int i = 0; i < texts.Length; i++) texts[i] = strings.Bytes(i).ToArray();
                return texts;
            case GgufType.UInt8:
                return value.ArrayAs<byte>().ToArray();
            case GgufType.Float32:
                return value.ArrayAs<float>().ToArray();
            case GgufType.Int32:
                return value.ArrayAs<int>().ToArray();
            default:
                return value.TryGetIntegers(out long[] numbers) ? numbers : value.TryGetSingles(out float[] reals) ? reals : value.ToString()!;
        }
    }
}
