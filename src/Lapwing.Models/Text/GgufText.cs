using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Models;

/// <summary>The bridge between a GGUF file's metadata and the tokenizers, which know no files.</summary>
public static class GgufText
{
    /// <summary>The tokenizer that the file brings.</summary>
    /// <exception cref="InvalidDataException">It brings none, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static Tokenizer Read(GgufFile file)
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

    /// <summary>Puts a vocabulary into a file that is being composed.</summary>
    public static void Write(GgufWriter writer, GgufVocabulary vocabulary)
    {
        foreach (var (key, value) in vocabulary.ToMetadata())
        {
            switch (value)
            {
                case string text: writer.Set(key, text); break;
                case byte[][] strings: writer.Set(key, GgufValue.ArrayOf(new GgufStringArray(strings))); break;
                case float[] numbers: writer.Set(key, numbers); break;
                case int[] numbers: writer.Set(key, numbers); break;
                case byte[] bytes: writer.Set(key, bytes); break;
                case bool flag: writer.Set(key, flag); break;
                case uint number: writer.Set(key, number); break;
                default: throw new NotSupportedException($"a vocabulary's value of type {value.GetType().Name} under '{key}' has no form in GGUF");
            }
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
