namespace Lapwing.Text.Tokenizers;

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to spell a piece, the one whose scores sum highest, found by Viterbi over a prefix tree.
/// A step looks no further ahead than the longest token: time is text length × that, whatever the text.
/// </summary>
internal sealed class UnigramModel : SubwordModel
{
    // SentencePiece's kUnkPenalty: an unknown character costs this much more than the worst token.
    private const double UnknownPenalty = 10;

    private readonly Vocabulary _vocabulary;
    private readonly ByteTrie _tokens;
    private readonly double[] _scores;
    private readonly int[]? _bytes;
    private readonly int _unknown;
    private readonly double _unknownScore;

    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">Log-probabilities by id.</param>
    /// <param name="unknownId">The unknown token, or −1 (a text that needs it is then refused).</param>
    /// <param name="byteFallback">Unknown characters become byte tokens where all their bytes have one.</param>
    /// <param name="everyToken">Control tokens can be spelled too (Hugging Face's models do not tell them apart).</param>
    internal UnigramModel(Vocabulary vocabulary, double[] scores, int unknownId, bool byteFallback, bool everyToken)
    {
        (_vocabulary, _scores, _unknown) = (vocabulary, [.. scores], unknownId);
        if (byteFallback)
        {
            _bytes = vocabulary.ByteTokens();
            for (int b = 0; b < 256; b++)
                if (_bytes[b] < 0) _bytes[b] = vocabulary.Find($"<0x{b:X2}>");
        }
        double least = double.PositiveInfinity;
        var entries = new List<(ReadOnlyMemory<byte>, int)>(vocabulary.Count);
        for (int id = 0; id < scores.Length; id++)
        {
            TokenKind kind = vocabulary.Kind(id);
            if (everyToken || kind == TokenKind.Normal) least = Math.Min(least, scores[id]);
            // A user-defined token is preferred to any spelling by normal ones, whose scores are below 0.
            if (kind == TokenKind.UserDefined && !everyToken) _scores[id] = 0;
            if (everyToken || kind is TokenKind.Normal or TokenKind.UserDefined or TokenKind.Unused) entries.Add((vocabulary.Memory(id), id));
        }
        _unknownScore = (double.IsFinite(least) ? least : 0) - UnknownPenalty;
        _tokens = new ByteTrie(entries);
    }

    internal override string Name => "Unigram";

    internal override void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (piece.IsEmpty) return;
        int length = CodePoints.Utf8Length(piece);
        Span<byte> text = workspace.ReserveBytes(length)[..length];
        CodePoints.WriteUtf8(piece, text);
        workspace.Reserve(length + 1);
        if (workspace.Scores.Length < length + 1) workspace.Scores = new double[Math.Max(256, length + 1)];
        Span<double> best = workspace.Scores.AsSpan(0, length + 1);
        Span<int> from = workspace.Previous.AsSpan(0, length + 1), token = workspace.Symbols.AsSpan(0, length + 1);
        best.Fill(double.NegativeInfinity);
        best[0] = 0;

        int at = 0;
        foreach (int c in piece)
        {
            int width = CodePoints.Utf8Length(c);
            bool single = false;
            int node = 0;
            for (int end = at; end < length;)
            {
                node = _tokens.Step(node, text[end++]);
                if (node < 0) break;
                int id = _tokens.Value(node);
                if (id < 0) continue;
                single |= end - at == width;
                Offer(best, from, token, at, end, id, best[at] + _scores[id]);
            }
            if (!single) Offer(best, from, token, at, at + width, _unknown, best[at] + _unknownScore);
            at += width;
        }
        Collect(text, from, token, ids);
    }

    private static void Offer(Span<double> best, Span<int> from, Span<int> token, int at, int end, int id, double score)
    {
        if (score <= best[end]) return;
        (best[end], from[end], token[end]) = (score, at, id);
    }

    private void Collect(ReadOnlySpan<byte> text, ReadOnlySpan<int> from, ReadOnlySpan<int> token, List<int> ids)
    {
        int first = ids.Count;
        for (int end = text.Length; end > 0;)
        {
            int id = token[end], start = from[end];
            // Neighbouring unknown characters are one unknown token.
            while (id == _unknown && start > 0 && token[start] == _unknown) start = from[start];
            if (id != _unknown) ids.Add(id);
            else AddUnknown(text[start..end], ids);
            end = start;
        }
        ids.Reverse(first, ids.Count - first);
    }

    /// <summary>Backwards, as the whole path is collected.</summary>
    private void AddUnknown(ReadOnlySpan<byte> text, List<int> ids)
    {
        bool complete = _bytes is not null;
        foreach (byte b in text) complete = complete && _bytes![b] >= 0;
        if (complete)
        {
            for (int i = text.Length - 1; i >= 0; i--) ids.Add(_bytes![text[i]]);
            return;
        }
        if (_unknown < 0)
            throw new NotSupportedException($"The text holds '{Vocabulary.Show(text)}', which the vocabulary cannot spell, and it has no unknown token.");
        ids.Add(_unknown);
    }
}
