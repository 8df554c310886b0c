using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>A small vocabulary of every kind, learned or made here, so that tests need no file.</summary>
internal static class SmallVocabularies
{
    private const string Corpus = "The quick brown fox jumps over the lazy dog. There are 12 monkeys and 1234 zebras; it's what they've said! "
                                  + "Die Äpfel sind süß, 你好世界 你好 – the end.\n\nThe other thing is that the others think so too.";

    internal static string[] Special { get; } = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"];

    internal static GgufVocabulary SentencePiece { get; } = BytePairTrainer.Train(Repeated, new BytePairTrainerOptions { VocabularySize = 420, SpecialTokens = Special });

    internal static GgufVocabulary ByteLevel { get; } = BytePairTrainer.Train(Repeated,
        new BytePairTrainerOptions { VocabularySize = 380, Style = BytePairStyle.ByteLevel, SpecialTokens = Special });

    internal static GgufVocabulary Unigram { get; } = SentencePiece with
    {
        Model = "t5",
        Scores = [.. SentencePiece.Tokens.Select((t, id) => id < 261 ? 0f : -2f - t.Length * 0.6f - id * 0.001f)],
        TokenTypes = [.. SentencePiece.TokenTypes!.Select(t => t == (int)TokenKind.Byte ? (int)TokenKind.Unused : t)],
        AddBos = false,
        AddEos = true,
        RemoveExtraWhitespaces = true,
        PrecompiledCharsmap = CharacterMaps.Build(("ﬁ", "fi"), ("\n", " "), ("Ａ", "A")),
    };

    internal static GgufVocabulary WordPiece { get; } = new()
    {
        Model = "bert",
        Tokens = GgufVocabulary.Spellings([
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁the", "▁quick", "▁qu", "ick", "▁fox", "es", "▁.", "▁,", "▁!", "▁'", "▁sü", "▁apf", "el", "▁你", "▁好",
            .. Enumerable.Range('a', 26).SelectMany(c => (string[])[$"▁{(char)c}", $"{(char)c}"]), .. Enumerable.Range('0', 10).SelectMany(c => (string[])[$"▁{(char)c}", $"{(char)c}"]),
        ]),
        TokenTypes = [3, 2, 3, 3, 3, .. Enumerable.Repeat(1, 15 + 72)],
        PadId = 0,
        UnknownId = 1,
        BosId = 2,
        SeparatorId = 3,
        MaskId = 4,
    };

    /// <summary>Gemma 4's kind: merges over characters, spaces written ▁, byte tokens.</summary>
    internal static GgufVocabulary Gemma4 { get; } = MakeGemma();

    internal static IEnumerable<GgufVocabulary> All => [SentencePiece, ByteLevel, Unigram, WordPiece, Gemma4];

    private static IEnumerable<string> Repeated => Enumerable.Repeat(Corpus, 20);

    private static GgufVocabulary MakeGemma()
    {
        string[] tokens =
        [
            "<unk>", "<bos>", "<eos>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "▁▁", "\n", "\n\n", "\n\n\n",
            .. "abcdefghijklmnopqrstuvwxyz.".Select(c => c.ToString()), "th", "the", "▁the", "▁t", "in", "ing",
        ];
        return new GgufVocabulary
        {
            Model = "gemma4",
            Tokens = GgufVocabulary.Spellings(tokens),
            TokenTypes = [2, 3, 3, .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, tokens.Length - 259)],
            Merges = ["▁ ▁", "t h", "th e", "▁ the", "i n", "in g", "▁ t"],
            BosId = 1,
            EosId = 2,
            UnknownId = 0,
        };
    }
}
