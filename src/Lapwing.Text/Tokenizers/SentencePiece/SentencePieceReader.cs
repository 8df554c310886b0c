using Google.Protobuf;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Reads SentencePiece's <c>tokenizer.model</c>, a protocol buffer (<c>sentencepiece_model.proto</c>), field by field: of its 60 fields 14 matter here.
/// Nothing is allocated beyond what the bytes hold.
/// </summary>
internal sealed class SentencePieceReader
{
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<float> _scores = [];
    private readonly List<int> _types = [];
    private int _modelType = 1, _unknown, _bos = 1, _eos = 2, _pad = -1;
    private bool _dummyPrefix = true, _removeExtra = true, _escape = true, _suffix;
    private ReadOnlyMemory<byte> _map;

    internal static GgufVocabulary Read(ReadOnlyMemory<byte> data)
    {
        var reader = new SentencePieceReader();
        try
        {
            reader.ReadModel(data.ToArray());
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"The file is no SentencePiece model, or a damaged one: {e.Message}");
        }
        return reader.Vocabulary();
    }

    private void ReadModel(byte[] data)
    {
        using var input = new CodedInputStream(data);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (1, WireFormat.WireType.LengthDelimited): ReadPiece(input.ReadBytes()); break;
                case (2, WireFormat.WireType.LengthDelimited): ReadTrainer(input.ReadBytes()); break;
                case (3, WireFormat.WireType.LengthDelimited): ReadNormalizer(input.ReadBytes()); break;
                default: input.SkipLastField(); break;
            }
        }
    }

    private void ReadPiece(ByteString data)
    {
        using CodedInputStream input = data.CreateCodedInput();
        ReadOnlyMemory<byte> piece = default;
        float score = 0;
        int type = 1;
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (1, WireFormat.WireType.LengthDelimited): piece = input.ReadBytes().Memory; break;
                case (2, WireFormat.WireType.Fixed32): score = input.ReadFloat(); break;
                case (3, WireFormat.WireType.Varint): type = input.ReadEnum(); break;
                default: input.SkipLastField(); break;
            }
        }
        if (type is < 1 or > 6) throw new InvalidDataException($"Piece {_pieces.Count} of the SentencePiece model has the type {type}, which does not exist.");
        _pieces.Add(piece);
        _scores.Add(score);
        _types.Add(type);
    }

    private void ReadTrainer(ByteString data)
    {
        using CodedInputStream input = data.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (3, WireFormat.WireType.Varint): _modelType = input.ReadEnum(); break;
                case (24, WireFormat.WireType.Varint): _suffix = input.ReadBool(); break;
                case (40, WireFormat.WireType.Varint): _unknown = input.ReadInt32(); break;
                case (41, WireFormat.WireType.Varint): _bos = input.ReadInt32(); break;
                case (42, WireFormat.WireType.Varint): _eos = input.ReadInt32(); break;
                case (43, WireFormat.WireType.Varint): _pad = input.ReadInt32(); break;
                default: input.SkipLastField(); break;
            }
        }
    }

    private void ReadNormalizer(ByteString data)
    {
        using CodedInputStream input = data.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (2, WireFormat.WireType.LengthDelimited): _map = input.ReadBytes().Memory; break;
                case (3, WireFormat.WireType.Varint): _dummyPrefix = input.ReadBool(); break;
                case (4, WireFormat.WireType.Varint): _removeExtra = input.ReadBool(); break;
                case (5, WireFormat.WireType.Varint): _escape = input.ReadBool(); break;
                default: input.SkipLastField(); break;
            }
        }
    }

    private GgufVocabulary Vocabulary()
    {
        string model = _modelType switch
        {
            1 => "t5",
            2 => "llama",
            3 => throw new NotSupportedException("The SentencePiece model is of the type 'word', which is not supported."),
            4 => throw new NotSupportedException("The SentencePiece model is of the type 'char', which is not supported."),
            _ => throw new InvalidDataException($"The SentencePiece model has the type {_modelType}, which does not exist."),
        };
        if (!_escape) throw new NotSupportedException("The SentencePiece model keeps its spaces (escape_whitespaces is false), which is not supported.");
        if (_suffix) throw new NotSupportedException("The SentencePiece model puts spaces behind words (treat_whitespace_as_suffix), which is not supported.");
        // The ids the trainer was asked for may have come out otherwise: what counts is the piece's type.
        return new GgufVocabulary
        {
            Model = model,
            Pre = "default",
            Tokens = _pieces,
            Scores = _scores,
            TokenTypes = _types,
            BosId = Control(_bos),
            EosId = Control(_eos),
            UnknownId = _types.IndexOf((int)TokenKind.Unknown) is >= 0 and int unknown ? unknown : _unknown >= 0 && _unknown < _pieces.Count ? _unknown : null,
            PadId = Control(_pad),
            // SentencePiece itself adds neither; the models that use its BPE begin with BOS, T5 ends with EOS.
            AddBos = model == "llama" && Control(_bos) is not null,
            AddEos = model == "t5" && Control(_eos) is not null,
            AddSpacePrefix = _dummyPrefix,
            RemoveExtraWhitespaces = _removeExtra,
            PrecompiledCharsmap = _map.Length > 0 ? (ReadOnlyMemory<byte>?)_map : null,
        };
    }

    private int? Control(int id) => id >= 0 && id < _types.Count && _types[id] == (int)TokenKind.Control ? id : null;
}
