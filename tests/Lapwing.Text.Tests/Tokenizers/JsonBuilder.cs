using System.Text.Json;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>Small tokenizer.json files. Parts are given as JSON text.</summary>
internal static class JsonBuilder
{
    internal static byte[] File(string model, string normalizer = "null", string preTokenizer = "null", string decoder = "null", string postProcessor = "null", string added = "[]")
        => System.Text.Encoding.UTF8.GetBytes($$"""
            {"version":"1.0","added_tokens":{{added}},"normalizer":{{normalizer}},"pre_tokenizer":{{preTokenizer}},"post_processor":{{postProcessor}},"decoder":{{decoder}},"model":{{model}}}
            """);

    internal static Tokenizer Load(string model, string normalizer = "null", string preTokenizer = "null", string decoder = "null", string postProcessor = "null", string added = "[]", string? config = null)
        => TokenizerFactory.FromTokenizerJson(File(model, normalizer, preTokenizer, decoder, postProcessor, added),
            System.Text.Encoding.UTF8.GetBytes(config ?? ""));

    /// <summary>A word-level model, which shows the pieces as they are: each must be a word of it.</summary>
    internal static string Words(params string[] words)
        => $$"""{"type":"WordLevel","unk_token":"[UNK]","vocab":{{JsonSerializer.Serialize(((string[])["[UNK]", .. words]).Select((w, i) => (w, i)).ToDictionary(x => x.w, x => x.i))}}}""";

    internal static string BytePairs(IEnumerable<string> tokens, IEnumerable<string> merges, string more = "")
        => $$"""{"type":"BPE",{{more}}"vocab":{{JsonSerializer.Serialize(tokens.Select((w, i) => (w, i)).ToDictionary(x => x.w, x => x.i))}},"merges":{{JsonSerializer.Serialize(merges)}}}""";

    /// <summary>The pieces that <paramref name="text"/> is cut into, by way of a word-level model that knows the given words.</summary>
    internal static string[] Pieces(string preTokenizer, string text, string[] words, string normalizer = "null")
    {
        Tokenizer tokenizer = Load(Words(words), normalizer, preTokenizer);
        return [.. tokenizer.Encode(text).Select(tokenizer.TokenText)];
    }
}
