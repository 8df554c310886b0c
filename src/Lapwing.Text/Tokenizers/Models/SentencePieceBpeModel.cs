namespace Lapwing.Text.Tokenizers;

/// <summary>
/// SentencePiece's BPE: two neighbours join wherever their text is a token, best score first, leftmost first among equals. What is left
/// over falls back to byte tokens. Source: Kudo and Richardson 2018 (<c>bpe_model.cc</c>).
/// </summary>
internal sealed class SentencePieceBpeModel : SubwordModel
{
    // Unused tokens made of unused tokens: real ones nest a few deep.
    private const int MaximumDepth = 64;
    private const int Mark = '▁';

    private readonly Vocabulary _vocabulary;
    private readonly int[] _bytes;
    private readonly uint[] _order;
    private readonly int _unknown;
    private readonly ByteTrie? _userDefined;
    private readonly bool _resegmentUnused, _partsAtMarks;

    /// <param name="vocabulary">Tokens with scores.</param>
    /// <param name="unknownId">What a character becomes that neither a token nor byte tokens spell; −1 drops it.</param>
    /// <param name="original">Behave as SentencePiece itself: tokens marked user-defined are taken whole and join nothing, those marked unused fall apart
    /// again. llama.cpp cuts user-defined tokens out before the model and uses unused ones as any other.</param>
    internal SentencePieceBpeModel(Vocabulary vocabulary, int unknownId, bool original)
    {
        (_vocabulary, _unknown, _resegmentUnused) = (vocabulary, unknownId, original);
        _bytes = vocabulary.ByteTokens();
        for (int b = 0; b < 256; b++)
        {
            // Vocabularies whose types are lost still spell their bytes so, or hold the bare character.
            if (_bytes[b] < 0) _bytes[b] = vocabulary.Find($"<0x{b:X2}>");
            if (_bytes[b] < 0) _bytes[b] = vocabulary.Find([(byte)b]);
        }
        _order = new uint[vocabulary.Count];
        for (int id = 0; id < _order.Length; id++)
        {
            // Sorts floats downward as unsigned integers; adding 0 makes −0 a 0.
            uint bits = BitConverter.SingleToUInt32Bits(vocabulary.Score(id) + 0f);
            _order[id] = (bits & 0x80000000) != 0 ? bits : 0x7FFFFFFF - bits;
        }
        _partsAtMarks = PartsAtMarks();
        var userDefined = Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.Kind(id) == TokenKind.UserDefined).ToArray();
        if (original && userDefined.Length > 0) _userDefined = new ByteTrie(userDefined.Select(id => (vocabulary.Memory(id), id)));
    }

    internal override string Name => "SentencePiece BPE";

    internal override void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (!_partsAtMarks)
        {
            EncodeStretch(piece, ids, workspace);
            return;
        }
        int start = 0;
        for (int i = 1; i < piece.Length; i++)
        {
            if (piece[i] != Mark || piece[i - 1] == Mark) continue;
            EncodeStretch(piece[start..i], ids, workspace);
            start = i;
        }
        EncodeStretch(piece[start..], ids, workspace);
    }

    /// <summary>Whether no token has a ▁ behind another character: then nothing joins across a word's beginning, and words can be taken one by one.</summary>
    private bool PartsAtMarks()
    {
        ReadOnlySpan<byte> mark = "▁"u8;
        for (int id = 0; id < _vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> text = _vocabulary.Text(id);
            while (text.StartsWith(mark)) text = text[mark.Length..];
            if (text.IndexOf(mark) >= 0) return false;
        }
        return true;
    }

    private void EncodeStretch(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (piece.IsEmpty) return;
        int length = CodePoints.Utf8Length(piece);
        Span<byte> text = workspace.ReserveBytes(length)[..length];
        CodePoints.WriteUtf8(piece, text);
        workspace.Reserve(piece.Length + 1);
        int count = Cut(piece, text, workspace);
        Merge(text, count, workspace);

        int[] starts = workspace.Symbols, next = workspace.Next;
        for (int at = 0; at >= 0; at = next[at])
        {
            int end = next[at] >= 0 ? starts[next[at]] : length;
            Emit(text[starts[at]..end], ids);
        }
    }

    /// <summary>Cuts into characters (and whole user-defined tokens, whose place in <c>Pairs</c> is frozen at −2); returns how many.</summary>
    private int Cut(ReadOnlySpan<int> piece, ReadOnlySpan<byte> text, Workspace workspace)
    {
        int count = 0, start = 0;
        for (int i = 0; i < piece.Length; i++)
        {
            int width = CodePoints.Utf8Length(piece[i]);
            workspace.Pairs[count] = -1;
            if (_userDefined is not null)
            {
                int matched = _userDefined.Longest(text[start..]).Length;
                if (matched > 0)
                {
                    workspace.Pairs[count] = -2;
                    for (width = CodePoints.Utf8Length(piece[i]); width < matched; width += CodePoints.Utf8Length(piece[i])) i++;
                }
            }
            workspace.Symbols[count++] = start;
            start += width;
        }
        return count;
    }

    private void Merge(ReadOnlySpan<byte> text, int count, Workspace workspace)
    {
        int[] starts = workspace.Symbols, previous = workspace.Previous, next = workspace.Next, pairs = workspace.Pairs;
        workspace.ClearHeap();
        for (int i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
        }
        for (int i = 0; i < count; i++) Join(text, i, workspace);
        while (workspace.HeapCount > 0)
        {
            ulong entry = workspace.Pop();
            int left = (int)(uint)entry;
            // A pair that changed since it was pushed has another score, or none; an equal one may go first just as well.
            if (pairs[left] < 0 || _order[pairs[left]] != (uint)(entry >> 32)) continue;
            int right = next[left];
            pairs[right] = -1;
            next[left] = next[right];
            if (next[right] >= 0) previous[next[right]] = left;
            pairs[left] = -1;
            Join(text, left, workspace);
            if (previous[left] >= 0) Join(text, previous[left], workspace);
        }
    }

    private void Join(ReadOnlySpan<byte> text, int left, Workspace workspace)
    {
        int[] starts = workspace.Symbols, next = workspace.Next, pairs = workspace.Pairs;
        int right = next[left];
        if (pairs[left] == -2) return;
        pairs[left] = -1;
        if (right < 0 || pairs[right] == -2) return;
        int end = next[right] >= 0 ? starts[next[right]] : text.Length;
        int id = _vocabulary.Find(text[starts[left]..end]);
        if (id < 0) return;
        pairs[left] = id;
        workspace.Push(((ulong)_order[id] << 32) | (uint)left);
    }

    private void Emit(ReadOnlySpan<byte> symbol, List<int> ids, int depth = 0)
    {
        int id = _vocabulary.Find(symbol);
        if (id >= 0 && (!_resegmentUnused || _vocabulary.Kind(id) != TokenKind.Unused))
        {
            ids.Add(id);
            return;
        }
        if (id >= 0 && depth < MaximumDepth && Resegment(symbol, ids, depth)) return;
        foreach (byte b in symbol)
        {
            if (_bytes[b] >= 0) ids.Add(_bytes[b]);
            else if (_unknown >= 0)
            {
                ids.Add(_unknown);
                return;
            }
        }
    }

    /// <summary>Takes an unused token apart at the split whose parts are both tokens with the better worst score, as they had been joined.</summary>
    private bool Resegment(ReadOnlySpan<byte> symbol, List<int> ids, int depth)
    {
        (int Cut, float Score) best = (-1, float.NegativeInfinity);
        for (int cut = 1; cut < symbol.Length; cut++)
        {
            int left = _vocabulary.Find(symbol[..cut]), right = _vocabulary.Find(symbol[cut..]);
            if (left < 0 || right < 0) continue;
            float score = Math.Min(_vocabulary.Score(left), _vocabulary.Score(right));
            if (score > best.Score) best = (cut, score);
        }
        if (best.Cut < 0) return false;
        Emit(symbol[..best.Cut], ids, depth + 1);
        Emit(symbol[best.Cut..], ids, depth + 1);
        return true;
    }
}
