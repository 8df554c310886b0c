using System.Collections.Concurrent;
using System.Text.Json;
using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>Vocabularies and vectors of the shared folder, each read once.</summary>
internal static class References
{
    private static readonly ConcurrentDictionary<string, Tokenizer> Opened = new();

    internal static Tokenizer Gguf(string path) => Opened.GetOrAdd(path, p => TokenizerFactory.FromGguf(Vocabulary(p)));

    internal static GgufVocabulary Vocabulary(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return GgufVocabulary.FromMetadata(key => file.Metadata.TryGetValue(key, out GgufValue? value) ? Plain(value) : null);
    }

    /// <summary>A metadata value as the plain value that <see cref="GgufVocabulary.FromMetadata"/> reads.</summary>
    private static object? Plain(GgufValue value)
    {
        if (value.Type == GgufType.String) return value.StringBytes.ToArray();
        if (value.Type == GgufType.Array && value.ElementType == GgufType.String)
            return Enumerable.Range(0, value.Count).Select(i => value.Strings.Bytes(i).ToArray()).ToArray();
        if (value.Type == GgufType.Bool && value.TryGetBool(out bool flag)) return flag;
        if (value.TryGetInteger(out long number)) return number;
        if (value.TryGetDouble(out double real)) return real;
        if (value.TryGetIntegers(out int[] integers)) return integers;
        return value.TryGetSingles(out float[] singles) ? singles : null;
    }

    /// <summary>The cases beside a vocabulary: llama.cpp's inputs with the ids expected.</summary>
    internal static IEnumerable<(string Text, int[] Ids)> Vectors(string gguf)
    {
        string[] texts = File.ReadAllText(gguf + ".inp").Split("\n__ggml_vocab_test__\n");
        string[] ids = File.ReadAllText(gguf + ".out").Split('\n');
        for (int i = 0; i < Math.Min(texts.Length, ids.Length); i++)
            yield return (texts[i], [.. ids[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
    }

    /// <summary>Rows of a random-text file.</summary>
    internal static IEnumerable<(string Text, int[] Ids)> RandomText(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            yield return (row.RootElement.GetProperty("text").GetString()!, [.. row.RootElement.GetProperty("ids").EnumerateArray().Select(x => x.GetInt32())]);
        }
    }

    internal static string Show(IEnumerable<int> ids) => string.Join(' ', ids);
}
