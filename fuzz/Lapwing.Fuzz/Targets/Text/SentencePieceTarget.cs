using System.Text;
using Google.Protobuf;
using Lapwing.Fuzz.Mutation;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>SentencePiece's tokenizer.model, BPE and Unigram, then everything that is done with a tokenizer.</summary>
internal sealed class SentencePieceTarget : FuzzTarget
{
    // Normal, unknown, control, user-defined, unused, byte.
    private static readonly (string Text, float Score, int Type)[] Pieces =
    [
        ("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("<0x0A>", 0, 6), ("<0xE4>", 0, 6), ("▁", -1, 1), ("a", -2, 1), ("b", -3, 1), ("▁a", -0.5f, 1), ("ab", -1.5f, 1), ("▁ab", -2.5f, 1), ("你", -4, 1), ("  ", 0, 4), ("<x>", 0, 4), ("old", 0, 5), ("h", -5, 1), ("e", -5, 1), ("he", -4, 1),
    ];

    /// <summary>A compiled character map of no rules that still has a trie: its size, one unit, a text.</summary>
    private static readonly byte[] Map = [4, 0, 0, 0, 0, 0, 0, 0, (byte)'x', 0];

    private static readonly byte[][] Contents = [.. ((string[])["", "a", "▁", "<0x41>", "<0x-1>", "<0xZZ>", "<s>", "ab", "▁▁", "aa", "\u0000", "é"]).Select(Encoding.UTF8.GetBytes), [0xFF], [0xE4, 0xBD], Map, [255, 255, 255, 255, 0, 0]];

    public override string Name => "sentencepiece";

    public override int Frames => 2;

    // The longest of our texts has 105,000 characters, and is taken apart twice and put together thrice: about a kilobyte of garbage a character.
    public override long AllowedBytes(int input) => (256 << 20) + (2048L * input);

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (int type in (int[])[1, 2])
        {
            yield return Model(type, Pieces, dummyPrefix: true, removeExtra: false, null);
            yield return Model(type, Pieces[..9], dummyPrefix: false, removeExtra: true, Map);
        }
        yield return Model(2, [.. Pieces[..3], .. Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 0f, 6)), .. Pieces[5..]], true, true, null);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => ProtobufMutator.Change(input, mutator, Contents);

    public override string Run(byte[] input) => TokenizerUse.All(TokenizerFactory.FromSentencePieceModel(input), input);

    private static byte[] Model(int type, IReadOnlyList<(string Text, float Score, int Type)> pieces, bool dummyPrefix, bool removeExtra, byte[]? map)
    {
        return Message(model =>
        {
            foreach (var (text, score, kind) in pieces)
            {
                Delimited(model, 1, Message(piece =>
                {
                    Delimited(piece, 1, Encoding.UTF8.GetBytes(text));
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(score);
                    Number(piece, 3, kind);
                }));
            }
            Delimited(model, 2, Message(trainer =>
            {
                Number(trainer, 3, type);
                Number(trainer, 24, 0);
                Number(trainer, 35, 1);
                Number(trainer, 40, 0);
                Number(trainer, 41, 1);
                Number(trainer, 42, 2);
                Number(trainer, 43, -1);
            }));
            Delimited(model, 3, Message(normalizer =>
            {
                Delimited(normalizer, 1, "identity"u8.ToArray());
                if (map is not null) Delimited(normalizer, 2, map);
                Number(normalizer, 3, dummyPrefix ? 1 : 0);
                Number(normalizer, 4, removeExtra ? 1 : 0);
                Number(normalizer, 5, 1);
            }));
        });
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        var content = new MemoryStream();
        using (var stream = new CodedOutputStream(content, leaveOpen: true)) write(stream);
        return content.ToArray();
    }

    private static void Delimited(CodedOutputStream to, int field, byte[] content)
    {
        to.WriteTag(field, WireFormat.WireType.LengthDelimited);
        to.WriteBytes(ByteString.CopyFrom(content));
    }

    private static void Number(CodedOutputStream to, int field, int value)
    {
        to.WriteTag(field, WireFormat.WireType.Varint);
        to.WriteInt32(value);
    }
}
