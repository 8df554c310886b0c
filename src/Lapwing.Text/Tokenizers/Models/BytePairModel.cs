using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>How a <see cref="BytePairModel"/> behaves beyond its merges.</summary>
internal sealed record BytePairOptions
{
    /// <summary>Pieces are UTF-8 bytes spelled in <see cref="ByteAlphabet"/>; otherwise they are characters.</summary>
    internal bool ByteLevel { get; init; }

    /// <summary>Characters outside the vocabulary become byte tokens.</summary>
    internal bool ByteFallback { get; init; }

    /// <summary>A piece that is a token is taken whole, whatever the merges say.</summary>
    internal bool IgnoreMerges { get; init; }

    /// <summary>A piece of newlines that is a token is taken whole (Gemma 4, whose merges hold no newline).</summary>
    internal bool WholeNewlines { get; init; }

    /// <summary>What a character outside the vocabulary becomes; −1 drops it.</summary>
    internal int UnknownId { get; init; } = -1;

    /// <summary>Neighbouring unknown characters become one unknown token.</summary>
    internal bool FuseUnknown { get; init; }

    /// <summary>Spelled before every symbol of a piece but its first (<c>##</c>).</summary>
    internal string ContinuingPrefix { get; init; } = "";

    /// <summary>Spelled behind the last symbol of a piece (<c>&lt;/w&gt;</c>).</summary>
    internal string EndSuffix { get; init; } = "";
}

/// <summary>Byte-pair encoding by ranked merges (Sennrich et al. 2016), over bytes (GPT-2) or over characters.</summary>
internal sealed class BytePairModel : SubwordModel
{
    private readonly Vocabulary _vocabulary;
    private readonly BytePairOptions _options;
    private readonly PairTable _merges;
    private readonly int[] _bytes = new int[256];
    private readonly int[] _fallback;
    private readonly Dictionary<int, int>[] _characters = [[], [], [], []];
    private readonly List<string> _extra = [];
    private readonly Dictionary<string, int> _extraIds = [];

    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Pairs in order of rank.</param>
    /// <param name="options">See there.</param>
    /// <param name="strict">A merge must join tokens into a token (Hugging Face's rule, and later ones win over earlier); otherwise merges may pass
    /// through spellings that are no tokens, and of two equal ones the first counts (llama.cpp's).</param>
    /// <exception cref="InvalidDataException">A merge that breaks the strict rule.</exception>
    internal BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, BytePairOptions options, bool strict)
    {
        (_vocabulary, _options) = (vocabulary, options);
        _merges = new PairTable(merges.Count);
        byte[] joined = new byte[256];
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            int needed = 3 * (left.Length + right.Length);
            if (joined.Length < needed) joined = new byte[needed * 2];
            int cut = Encoding.UTF8.GetBytes(left, joined), end = cut + Encoding.UTF8.GetBytes(right, joined.AsSpan(cut));
            int leftSymbol = Symbol(joined.AsSpan(0, cut), strict, rank), rightSymbol = Symbol(joined.AsSpan(cut, end - cut), strict, rank);
            // The mark of a continuing piece vanishes where it joins what stands before.
            if (options.ContinuingPrefix.Length > 0 && right.StartsWith(options.ContinuingPrefix, StringComparison.Ordinal))
                end = cut + Encoding.UTF8.GetBytes(right.AsSpan(options.ContinuingPrefix.Length), joined.AsSpan(cut));
            _merges.Add(leftSymbol, rightSymbol, rank, Symbol(joined.AsSpan(0, end), strict, rank), replace: strict);
        }
        for (int b = 0; b < 256; b++) _bytes[b] = Lookup(ByteAlphabet.Character((byte)b).ToString());
        _fallback = vocabulary.ByteTokens();
        if (options.ByteFallback)
            for (int b = 0; b < 256; b++)
                if (_fallback[b] < 0) _fallback[b] = vocabulary.Find($"<0x{b:X2}>");
        if (!options.ByteLevel) ReadCharacters();
    }

    internal override string Name => _options.ByteLevel ? "byte-level BPE" : "BPE";

    private int Symbol(ReadOnlySpan<byte> spelling, bool strict, int rank)
    {
        int id = _vocabulary.Find(spelling);
        if (id >= 0) return id;
        if (strict)
            throw new InvalidDataException(
                $"Merge {rank} names '{Vocabulary.Show(spelling)}', which is not in the vocabulary: the tokenizer's files do not belong together.");
        string text = Encoding.UTF8.GetString(spelling);
        if (_extraIds.TryGetValue(text, out int extra)) return extra;
        id = _vocabulary.Count + _extra.Count;
        _extra.Add(text);
        _extraIds.Add(text, id);
        return id;
    }

    private int Lookup(string text)
    {
        int id = _vocabulary.Find(text);
        return id >= 0 ? id : _extraIds.TryGetValue(text, out int extra) ? extra : -1;
    }

    /// <summary>Single characters by where in a piece they stand: inside, first, last, alone.</summary>
    private void ReadCharacters()
    {
        int count = _vocabulary.Count + _extra.Count;
        for (int id = 0; id < count; id++)
        {
            if (id < _vocabulary.Count && _vocabulary.Text(id).Length > 4 + _options.ContinuingPrefix.Length + _options.EndSuffix.Length) continue;
            string text = id < _vocabulary.Count ? Encoding.UTF8.GetString(_vocabulary.Text(id)) : _extra[id - _vocabulary.Count];
            for (int place = 0; place < 4; place++)
            {
                string prefix = (place & 1) == 0 ? _options.ContinuingPrefix : "", suffix = (place & 2) != 0 ? _options.EndSuffix : "";
                if (!text.StartsWith(prefix, StringComparison.Ordinal) || !text[prefix.Length..].EndsWith(suffix, StringComparison.Ordinal)) continue;
                string core = text[prefix.Length..(text.Length - suffix.Length)];
                if (Rune.TryGetRuneAt(core.Length > 0 ? core : "\0\0", 0, out Rune rune) && rune.Utf16SequenceLength == core.Length)
                    _characters[place].TryAdd(rune.Value, id);
            }
        }
    }

    internal override void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace)
    {
        if (piece.IsEmpty) return;
        if ((_options.IgnoreMerges || (_options.WholeNewlines && !piece.ContainsAnyExcept('\n'))) && Whole(piece, workspace) is >= 0 and int whole)
        {
            ids.Add(whole);
            return;
        }
        int count = _options.ByteLevel ? FromBytes(piece, workspace) : FromCharacters(piece, workspace);
        count = MergeRun.Merge(_merges, workspace, count);
        for (int i = 0; i < count; i++)
        {
            int symbol = workspace.Symbols[i];
            if (symbol < _vocabulary.Count) ids.Add(symbol);
            else Spell(_extra[symbol - _vocabulary.Count], ids);
        }
    }

    /// <summary>The token that <paramref name="piece"/> as a whole is, or −1.</summary>
    private int Whole(ReadOnlySpan<int> piece, Workspace workspace)
    {
        int length = CodePoints.Utf8Length(piece);
        if (length > _vocabulary.MaximumLength) return -1;
        Span<byte> bytes = workspace.ReserveBytes(length * 3);
        CodePoints.WriteUtf8(piece, bytes);
        if (!_options.ByteLevel) return _vocabulary.Find(bytes[..length]);
        Span<byte> spelled = bytes[length..];
        int written = 0;
        for (int i = 0; i < length; i++) written += CodePoints.WriteUtf8(ByteAlphabet.Character(bytes[i]), spelled[written..]);
        return _vocabulary.Find(spelled[..written]);
    }

    private int FromBytes(ReadOnlySpan<int> piece, Workspace workspace)
    {
        workspace.Reserve(CodePoints.Utf8Length(piece));
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0;
        bool unknown = false;
        foreach (int c in piece)
        {
            int length = CodePoints.WriteUtf8(c, utf8);
            for (int i = 0; i < length; i++) Append(_bytes[utf8[i]], workspace, ref count, ref unknown);
        }
        return count;
    }

    private int FromCharacters(ReadOnlySpan<int> piece, Workspace workspace)
    {
        workspace.Reserve(CodePoints.Utf8Length(piece));
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0;
        bool unknown = false;
        for (int at = 0; at < piece.Length; at++)
        {
            int place = (at == 0 ? 1 : 0) | (at == piece.Length - 1 ? 2 : 0);
            if (_characters[place].TryGetValue(piece[at], out int symbol))
            {
                Append(symbol, workspace, ref count, ref unknown);
                continue;
            }
            int length = CodePoints.WriteUtf8(piece[at], utf8);
            bool complete = _options.ByteFallback;
            for (int i = 0; i < length && complete; i++) complete = _fallback[utf8[i]] >= 0;
            if (!complete) Append(-1, workspace, ref count, ref unknown);
            else
                for (int i = 0; i < length; i++) Append(_fallback[utf8[i]], workspace, ref count, ref unknown);
        }
        return count;
    }

    private void Append(int symbol, Workspace workspace, ref int count, ref bool unknown)
    {
        if (symbol >= 0)
        {
            workspace.Symbols[count++] = symbol;
            unknown = false;
            return;
        }
        if (_options.UnknownId < 0 || (unknown && _options.FuseUnknown)) return;
        workspace.Symbols[count++] = _options.UnknownId;
        unknown = true;
    }

    /// <summary>A merged spelling that is no token falls apart into its characters, and those without a token into nothing.</summary>
    private void Spell(string text, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = CodePoints.WriteUtf8(rune.Value, utf8);
            int id = _vocabulary.Find(utf8[..length]);
            if (id >= 0)
            {
                ids.Add(id);
                continue;
            }
            for (int i = 0; i < length && !_options.ByteLevel; i++)
                if (_fallback[utf8[i]] >= 0) ids.Add(_fallback[utf8[i]]);
        }
    }
}
