using CsCheck;
using Google.Protobuf;
using Lapwing.Testing;
using Lapwing.Text.Tokenizers;
using Microsoft.ML.Tokenizers;
using Tokenizer = Lapwing.Text.Tokenizers.Tokenizer;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>tokenizer.model, written here and read by us and by Microsoft.ML.Tokenizers.</summary>
public class SentencePieceModelTests
{
    private static readonly string[] Parts = ["the", " ", "  ", "quick", "Brown", "fox", "ü", "你好", "😀", "1", "23", ".", "!?", "er", "ing", "\n", "é", "e\u0301"];

    private static readonly Gen<string> Text = Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]).Array[1, 20].Select(string.Concat);

    private static GgufVocabulary Trained { get; } = BytePairTrainer.Train(
        Enumerable.Range(0, 200).Select(i => $"the quick brown fox number {i} is jumping over the lazy dogs, and they are sleeping there ü"),
        new BytePairTrainerOptions { VocabularySize = 400 });

    [Fact]
    public void Bpe_gives_the_ids_of_the_other_reader()
    {
        byte[] model = Write(Trained, modelType: 2, removeExtra: false);
        Tokenizer mine = TokenizerFactory.FromSentencePieceModel(model);
        var theirs = LlamaTokenizer.Create(new MemoryStream(model));
        Assert.True(mine.AddsBos && !mine.AddsEos);
        Text.Sample(text => Assert.Equal(theirs.EncodeToIds(text), mine.Encode(text, parseSpecial: false)), iter: 500, threads: 1);
    }

    [Fact]
    public void Unigram_gives_the_ids_of_the_other_reader()
    {
        // Scores as a language model would have them: longer tokens cost more than any one of their parts.
        float[] scores = [.. Trained.Tokens.Select((t, id) => id < 259 ? 0 : -3f - t.Length * 0.7f - id * 0.001f)];
        byte[] model = Write(Trained with { Scores = scores, TokenTypes = [.. Trained.TokenTypes!.Select(t => t == 6 ? 5 : t)] }, modelType: 1, removeExtra: true);
        Tokenizer mine = TokenizerFactory.FromSentencePieceModel(model);
        var theirs = SentencePieceTokenizer.Create(new MemoryStream(model), addBeginningOfSentence: false, addEndOfSentence: false);
        // SentencePiece itself makes a run of unknown characters one unknown token; the other reader does not.
        Text.Sample(text => Assert.Equal(Fused(theirs.EncodeToIds(text)), mine.Encode(text, addSpecial: false, parseSpecial: false)), iter: 500, threads: 1);

        static IEnumerable<int> Fused(IReadOnlyList<int> ids) => ids.Where((id, i) => id != 0 || i == 0 || ids[i - 1] != 0);
    }

    [Fact]
    public void A_published_vocabulary_gives_the_same_ids_as_model_file_and_as_gguf()
    {
        string path = SharedFolder.Path("tokenizers/ggml-vocab-llama-spm.gguf");
        Tokenizer mine = TokenizerFactory.FromSentencePieceModel(Write(References.Vocabulary(path), modelType: 2, removeExtra: false));
        foreach ((string text, int[] ids) in References.Vectors(path)) Assert.Equal(ids, mine.Encode(text, addSpecial: false, parseSpecial: false));
        foreach ((string text, int[] ids) in References.RandomText(SharedFolder.Path("tokenizers/random-text/llama-spm.jsonl")))
            Assert.Equal(ids, mine.Encode(text, addSpecial: false, parseSpecial: false));
    }

    [Fact]
    public void Extra_spaces_go_where_the_model_says_so()
    {
        Tokenizer keeps = TokenizerFactory.FromSentencePieceModel(Write(Trained, 2, removeExtra: false));
        Tokenizer removes = TokenizerFactory.FromSentencePieceModel(Write(Trained, 2, removeExtra: true));
        Assert.Equal("  the  quick ", keeps.Decode(keeps.Encode("  the  quick ", addSpecial: false)));
        Assert.Equal("the quick", removes.Decode(removes.Encode("  the  quick ", addSpecial: false)));
        Assert.Empty(removes.Encode("   ", addSpecial: false));
    }

    [Fact]
    public void User_defined_pieces_are_taken_whole_and_join_nothing()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab", "<sep>", "bb"];
        int[] types = [2, 3, 3, 1, 1, 1, 1, 1, 4, 4];
        var vocabulary = new GgufVocabulary
        {
            Model = "llama", Tokens = GgufVocabulary.Spellings(pieces), TokenTypes = types, Scores = [0, 0, 0, -9, -9, -9, -1, -2, 0, 0],
        };
        Tokenizer tokenizer = TokenizerFactory.FromSentencePieceModel(Write(vocabulary, 2, removeExtra: false));
        Assert.Equal([7, 8, 4, 9, 5], tokenizer.Encode("ab<sep>abbb", addSpecial: false));
    }

    [Fact]
    public void Unused_pieces_fall_apart_again()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁a"];
        var vocabulary = new GgufVocabulary
        {
            Model = "llama", Tokens = GgufVocabulary.Spellings(pieces), TokenTypes = [2, 3, 3, 1, 1, 1, 5, 1], Scores = [0, 0, 0, -9, -9, -9, -1, -2],
        };
        Assert.Equal([3, 4, 5], TokenizerFactory.FromSentencePieceModel(Write(vocabulary, 2, removeExtra: false)).Encode("ab", addSpecial: false));
    }

    [Fact]
    public void The_configuration_beside_a_model_adds_tokens_and_a_template()
    {
        byte[] config = """
            {"added_tokens_decoder":{"0":{"content":"<unk>","special":true},"2":{"content":"</s>","special":true},"402":{"content":"<|im_end|>","special":true},"401":{"content":"<tool>","special":false}},
             "eos_token":"<|im_end|>","bos_token":{"content":"<s>"},"chat_template":"T","add_bos_token":true,"tokenizer_class":"LlamaTokenizer"}
            """u8.ToArray();
        Tokenizer tokenizer = TokenizerFactory.FromSentencePieceModel(Write(Trained, 2, removeExtra: false), config);
        Assert.Equal((1, 402, "T", true), (tokenizer.BosId, tokenizer.EosId, tokenizer.ChatTemplate, tokenizer.AddsBos));
        Assert.Equal((TokenKind.Unused, TokenKind.UserDefined, TokenKind.Control), (tokenizer.Kind(400), tokenizer.Kind(401), tokenizer.Kind(402)));
        Assert.Equal(402, tokenizer.Encode("the<|im_end|>")[^1]);
        Assert.Contains(402, tokenizer.EndOfGeneration);
        Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromSentencePieceModel(Write(Trained, 2, removeExtra: false),
            """{"added_tokens_decoder":{"2000000000":{"content":"x"}}}"""u8.ToArray()));
    }

    [Fact]
    public void User_defined_pieces_that_differ_in_their_spaces_alone_have_no_form_in_gguf()
    {
        GgufVocabulary twice = Trained with { Tokens = [.. Trained.Tokens, "▁▁x"u8.ToArray(), "  x"u8.ToArray()], Scores = [.. Trained.Scores!, 0, 0], TokenTypes = [.. Trained.TokenTypes!, 4, 4] };
        Tokenizer tokenizer = TokenizerFactory.FromSentencePieceModel(Write(twice, 2, removeExtra: false));
        Assert.Contains("'  x'", Assert.Throws<NotSupportedException>(() => tokenizer.ToGguf()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_around_every_text_that_has_no_spelling_has_no_form_in_tokenizer_json()
    {
        GgufVocabulary nameless = new() { Model = "llama", Tokens = GgufVocabulary.Spellings(["<unk>", "", "a"]), Scores = [0, 0, 0], TokenTypes = [2, 3, 1], BosId = 1, EosId = 1, UnknownId = 0, AddBos = true };
        Assert.Contains("token 1", Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromGguf(nameless).ToTokenizerJson()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_model_is_refused_in_words()
    {
        byte[] model = Write(Trained, 2, removeExtra: false);
        foreach (int length in (int[])[0, 1, 2, 5, 100, model.Length - 1])
            Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromSentencePieceModel(model.AsMemory(0, length)));
        Assert.Throws<NotSupportedException>(() => TokenizerFactory.FromSentencePieceModel(Write(Trained, 3, removeExtra: false)));
        Assert.Throws<InvalidDataException>(() => TokenizerFactory.FromSentencePieceModel(Write(Trained, 99, removeExtra: false)));
        Gen.Select(Gen.Int[0, model.Length - 1], Gen.Byte).Array[1, 8].Sample(changes =>
        {
            byte[] bad = [.. model];
            foreach ((int at, byte value) in changes) bad[at] = value;
            try
            {
                Tokenizer tokenizer = TokenizerFactory.FromSentencePieceModel(bad);
                tokenizer.Decode(tokenizer.Encode("the quick brown fox"));
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
            }
        }, iter: 300);
    }

    /// <summary>A model as SentencePiece writes it.</summary>
    internal static byte[] Write(GgufVocabulary vocabulary, int modelType, bool removeExtra, byte[]? map = null)
    {
        var output = new MemoryStream();
        using (var stream = new CodedOutputStream(output, leaveOpen: true))
        {
            for (int id = 0; id < vocabulary.Tokens.Count; id++)
            {
                Message(stream, 1, piece =>
                {
                    piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    piece.WriteBytes(ByteString.CopyFrom(vocabulary.Tokens[id].Span));
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(vocabulary.Scores![id]);
                    piece.WriteTag(3, WireFormat.WireType.Varint);
                    piece.WriteEnum(vocabulary.TokenTypes![id]);
                });
            }
            Message(stream, 2, trainer =>
            {
                trainer.WriteTag(3, WireFormat.WireType.Varint);
                trainer.WriteEnum(modelType);
                trainer.WriteTag(35, WireFormat.WireType.Varint);
                trainer.WriteBool(modelType == 2 && vocabulary.TokenTypes!.Contains(6));
            });
            Message(stream, 3, normalizer =>
            {
                if (map is not null)
                {
                    normalizer.WriteTag(2, WireFormat.WireType.LengthDelimited);
                    normalizer.WriteBytes(ByteString.CopyFrom(map));
                }
                normalizer.WriteTag(3, WireFormat.WireType.Varint);
                normalizer.WriteBool(true);
                normalizer.WriteTag(4, WireFormat.WireType.Varint);
                normalizer.WriteBool(removeExtra);
            });
        }
        return output.ToArray();
    }

    private static void Message(CodedOutputStream to, int field, Action<CodedOutputStream> write)
    {
        var content = new MemoryStream();
        using (var stream = new CodedOutputStream(content, leaveOpen: true)) write(stream);
        to.WriteTag(field, WireFormat.WireType.LengthDelimited);
        to.WriteBytes(ByteString.CopyFrom(content.ToArray()));
    }
}
