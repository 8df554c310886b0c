namespace Lapwing.Text.Tokenizers;

/// <summary>WordPiece (BERT): each word is spelled by the longest token that fits, left to right; a word that cannot be is one unknown token.</summary>
internal sealed class WordPieceModel : SubwordModel
{
    private readonly ByteTrie _first, _rest;
    private readonly int _unknown, _maximumCharacters;

    /// <param name="first">Tokens that begin a word, by their bare spelling.</param>
    /// <param name="rest">Tokens that go on, by their bare spelling.</param>
    /// <param name="unknownId">The unknown token; −1 drops the word.</param>
    /// <param name="maximumCharacters">A longer word is unknown at once.</param>
    internal WordPieceModel(IEnumerable<(ReadOnlyMemory<byte>, int)> first, IEnumerable<(ReadOnlyMemory<byte>, int)> rest, int unknownId, int maximumCharacters)
    {
        (_first, _rest) = (new ByteTrie(first), new ByteTrie(rest));
        (_unknown, _maximumCharacters) = (unknownId, maximumCharacters);
    }

    internal override string Name => "WordPiece";

    internal override void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (piece.IsEmpty) return;
        int start = ids.Count;
        if (piece.Length <= _maximumCharacters)
        {
            int length = CodePoints.Utf8Length(piece);
            Span<byte> text = workspace.ReserveBytes(length)[..length];
            CodePoints.WriteUtf8(piece, text);
            int at = 0;
            while (at < length)
            {
                (int id, int taken) = (at == 0 ? _first : _rest).Longest(text[at..]);
                if (taken == 0) break;
                ids.Add(id);
                at += taken;
            }
            if (at == length) return;
            ids.RemoveRange(start, ids.Count - start);
        }
        if (_unknown >= 0) ids.Add(_unknown);
    }
}

/// <summary>Whole words only: each is a token or unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, int unknownId) : SubwordModel
{
    internal override string Name => "word-level";

    internal override void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (piece.IsEmpty) return;
        int length = CodePoints.Utf8Length(piece);
        Span<byte> text = workspace.ReserveBytes(length)[..length];
        CodePoints.WriteUtf8(piece, text);
        int id = vocabulary.Find(text);
        if (id < 0) id = unknownId;
        if (id >= 0) ids.Add(id);
    }
}
