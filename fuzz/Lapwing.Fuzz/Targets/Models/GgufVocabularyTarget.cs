using Lapwing.Formats.Gguf;
using Lapwing.Fuzz.Mutation;
using Lapwing.Models;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>The vocabulary in a GGUF file's metadata, of every kind, then everything that is done with a tokenizer.</summary>
internal sealed class GgufVocabularyTarget : FuzzTarget
{
    private static readonly string[] Words =
    [
        "llama", "gpt2", "gemma4", "bert", "t5", "default", "llama-bpe", "qwen2", "smollm", "falcon", "starcoder", "refact", "deepseek-coder", "deepseek-llm", "command-r", "phi-3", "tekken", "gpt-4o", "gemma", "gemma-4", "jina-v2-en", "stablelm2", "mpt", "viking",
        "made-up", "", " ", "a", "b", "ab", "▁", "▁a", "Ġ", "Ġa", "Ċ", "a b", "Ġ a", "aa", "a a", "aa a", "##a", "[UNK]", "<unk>", "<s>", "</s>", "<|im_end|>", "<|eot_id|>", "<0x41>", "<0x-1>", "<0xZZ>", "\u0000", "é", "你", "  ", "\n\n", "{{ messages }}",
        "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.ggml.merges", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.padding_token_id", "tokenizer.ggml.mask_token_id", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_sep_token",
        "tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.normalizer.lowercase", "tokenizer.ggml.normalizer.strip_accents", "tokenizer.ggml.eos_token_ids",
        "tokenizer.chat_template", "tokenizer.chat_templates", "tokenizer.chat_template.tool_use", "general.name", "Phi-3-mini",
    ];

    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];

    private readonly string path = TemporaryFile.New(".gguf");

    public override string Name => "gguf-vocabulary";

    public override int Frames => 2;

    // The longest of our texts has 105,000 characters, and is taken apart twice and put together thrice: about a kilobyte of garbage a character.
    public override long AllowedBytes(int input) => (256 << 20) + (2048L * input);

    public override IEnumerable<byte[]> Seeds()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", "<0x0A>", "▁", "a", "b", "▁a", "ab", "▁ab", "你", "  ", "<x>", "h", "e", "he"];
        int[] kinds = [2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 4, 4, 1, 1, 1];
        float[] scores = [.. kinds.Select((_, i) => -i * 0.5f)];
        var spm = new GgufVocabulary { Model = "llama", Pre = "default", Tokens = GgufVocabulary.Spellings(pieces), Scores = scores, TokenTypes = kinds, BosId = 1, EosId = 2, UnknownId = 0, AddBos = true, AddEos = false, AddSpacePrefix = true, ChatTemplate = "{{ messages }}" };
        yield return Written(spm);
        yield return Written(spm with { Tokens = GgufVocabulary.Spellings([.. pieces[..3], .. Bytes, .. pieces[4..]]), TokenTypes = [2, 3, 3, .. Bytes.Select(_ => 6), .. kinds[4..]], Scores = [.. scores[..3], .. Bytes.Select(_ => 0f), .. scores[4..]] });
        yield return Written(spm with { Model = "t5", AddBos = false, AddEos = true, RemoveExtraWhitespaces = true, PrecompiledCharsmap = new byte[] { 4, 0, 0, 0, 0, 0, 0, 0, (byte)'x', 0 } });
        string[] byteLevel = ["<unk>", "<s>", "</s>", "a", "b", "Ġ", "Ċ", "Ġa", "ab", "h", "e", "he", "<|im_end|>"];
        var gpt2 = new GgufVocabulary { Model = "gpt2", Tokens = GgufVocabulary.Spellings(byteLevel), TokenTypes = [2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3], Merges = ["Ġ a", "a b", "h e"], BosId = 1, EosId = 2, EotId = 12, PadId = 2, FurtherEndIds = [12] };
        foreach (string pre in (string[])["default", "llama-bpe", "qwen2", "tekken", "gpt-4o", "jina-v2-de"]) yield return Written(gpt2 with { Pre = pre });
        yield return Written(gpt2 with { Model = "gemma4", Tokens = GgufVocabulary.Spellings([.. byteLevel[..5], "▁", "\n", "▁a", .. byteLevel[8..]]), Merges = ["▁ a", "a b", "h e"] });
        yield return Written(new GgufVocabulary
        {
            Model = "bert", Tokens = GgufVocabulary.Spellings(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁a", "b", "▁he", "llo", "▁.", "▁你"]), TokenTypes = [3, 2, 3, 3, 3, 1, 1, 1, 1, 1, 1], PadId = 0, UnknownId = 1, BosId = 2, SeparatorId = 3, MaskId = 4, Lowercase = true, StripAccents = true,
        });
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => GgufMutator.Change(input, mutator, Words);

    public override string Run(byte[] input)
    {
        File.WriteAllBytes(path, input);
        using var file = GgufFile.Open(path);
        return TokenizerUse.All(GgufText.Read(file), input);
    }

    private static byte[] Written(GgufVocabulary vocabulary)
    {
        var writer = new GgufWriter().Set("general.architecture", "llama");
        GgufText.Write(writer, vocabulary);
        return TemporaryFile.Content(writer.Write);
    }
}
