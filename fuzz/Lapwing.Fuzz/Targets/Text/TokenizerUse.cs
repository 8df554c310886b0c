using System.Text;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>Everything that is done with a tokenizer once it is there: encoding, decoding at once and as it comes, asking, saving in both forms.</summary>
internal static class TokenizerUse
{
    private static readonly string[] Texts =
    [
        "", " ", "Hello world", "  The quick  brown\tfox jumps\r\n\r\nover 12 lazy dogs!? it's they'LL 1234567 ", "héllo wörld ﬁ Ａ ß İ ǅ 你好世界 ｶﾞ 한국어 ไทย नमस्ते مرحبا 🐦👩‍👩‍👧 e\u0301\u0323",
        "a\u0000b\u0001\ud800x\udc00\uFEFF\u200d\u2028\uFFFD", "<s>[CLS] <unk></s><|im_start|><0x41><0xFF>▁▁Ġ##", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabababababab",
    ];

    private static readonly string Long = string.Concat(Enumerable.Repeat("aaaabab", 15_000)), LongBlank = new(' ', 100_000), LongHan = new('你', 50_000);

    private const int LongestDecoded = 1 << 20;

    /// <summary>Uses it; an error that is neither one of the documented ones nor a wrong result comes out as it is.</summary>
    /// <param name="tokenizer">What was built.</param>
    /// <param name="input">The input that it was built from: seldom, and by the input alone, the texts are long ones.</param>
    /// <returns>A word on its kind.</returns>
    public static string All(Tokenizer tokenizer, byte[] input)
    {
        int spelled = 0;
        foreach (string text in Texts) spelled += Encode(tokenizer, text);
        Encode(tokenizer, Spellings(tokenizer));
        switch ((input.Length + input.LastOrDefault()) % 128)
        {
            case 0: Encode(tokenizer, Long); break;
            case 1: Encode(tokenizer, LongBlank); break;
            case 2: Encode(tokenizer, LongHan); break;
        }
        foreach (int id in (int[])[0, tokenizer.VocabularySize - 1, tokenizer.BosId ?? 0, tokenizer.EosId ?? 0, tokenizer.PadId ?? 0, tokenizer.UnknownId ?? 0, .. tokenizer.EndOfGeneration])
        {
            // An id that a vocabulary names must be one that it has.
            if (tokenizer.TokenText(id).Length > input.Length + 64) throw new InvalidOperationException($"token {id} is longer than the input");
            _ = tokenizer.Kind(id);
        }
        string gguf = Saved(() => tokenizer.ToGguf(), v => TokenizerFactory.FromGguf(v), tokenizer, "GGUF");
        string json = Saved(tokenizer.ToTokenizerJson, f => TokenizerFactory.FromTokenizerJson(f.Tokenizer, f.Config), tokenizer, "JSON");
        return $"{tokenizer.Description.Split('(', ',')[0].TrimEnd()}, {(spelled == Texts.Length ? "all" : spelled > 1 ? "some" : "none")} spelled, {gguf}, {json}";
    }

    private static int Encode(Tokenizer tokenizer, string text)
    {
        try
        {
            int[] ids = tokenizer.Encode(text, addSpecial: true, parseSpecial: false);
            foreach (int id in ids)
                if ((uint)id >= (uint)tokenizer.VocabularySize) throw new InvalidOperationException($"id {id} of {tokenizer.VocabularySize}");
            // A long text of a long token is honestly longer still.
            long length = ids.Sum(id => (long)tokenizer.TokenBytes(id).Length);
            if (length > LongestDecoded) return 1;
            string decoded = tokenizer.Decode(ids), clean = tokenizer.Decode(ids, skipSpecial: true, cleanUp: true);
            var stream = tokenizer.CreateDecoder(continuation: false, skipSpecial: false);
            string streamed = string.Concat(ids.Select(stream.Next)) + stream.Flush();
            if (decoded != streamed) throw new InvalidOperationException($"decoded at once \"{decoded}\", streamed \"{streamed}\"");
            tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
            return 1;
        }
        catch (NotSupportedException)
        {
            return 0; // a text that the vocabulary cannot spell
        }
    }

    // A text of the vocabulary's own spellings, which hits merges and added tokens.
    private static string Spellings(Tokenizer tokenizer)
    {
        var text = new StringBuilder();
        for (int id = 0; id < tokenizer.VocabularySize && text.Length < 2000; id++) text.Append(tokenizer.TokenText(id));
        return text.Length < 4000 ? text.ToString() : text.ToString(0, 4000);
    }

    private static string Saved<T>(Func<T> save, Func<T, Tokenizer> read, Tokenizer original, string form)
    {
        T saved;
        try
        {
            saved = save();
        }
        catch (NotSupportedException)
        {
            return "not as " + form;
        }
        Tokenizer again;
        try
        {
            again = read(saved);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            throw new InvalidOperationException($"saved as {form} it is refused: {e.Message}", e);
        }
        // Ids that nothing spells, at the end, have no place in JSON.
        int spelled = original.VocabularySize;
        while (spelled > again.VocabularySize && original.TokenText(spelled - 1).Length == 0) spelled--;
        if (again.VocabularySize != spelled) throw new InvalidOperationException($"saved as {form} it has {again.VocabularySize} tokens, not {spelled}");
        return "as " + form;
    }
}
