using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>The stages of a tokenizer, in the order a text goes through them.</summary>
internal sealed record Pipeline
{
    internal required Vocabulary Vocabulary { get; init; }

    internal required SubwordModel Model { get; init; }

    /// <summary>Found in the text as it is written.</summary>
    internal IReadOnlyList<AddedToken> RawTokens { get; init; } = [];

    /// <summary>Found in the text as the normalisers leave it.</summary>
    internal IReadOnlyList<AddedToken> NormalizedTokens { get; init; } = [];

    internal IReadOnlyList<Normalizer> Normalizers { get; init; } = [];

    internal IReadOnlyList<PreTokenizer> PreTokenizers { get; init; } = [];

    /// <summary>Put before a text where special tokens are added.</summary>
    internal IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Put behind it.</summary>
    internal IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>The bytes each id adds to a text.</summary>
    internal required ReadOnlyMemory<byte>[] Bytes { get; init; }

    internal int LeadingSpaces { get; init; }

    internal required string Description { get; init; }

    internal required Func<GgufVocabulary> ToGguf { get; init; }
}

/// <summary>Every tokenizer: one pipeline, whatever file its parts came from.</summary>
internal sealed class PipelineTokenizer : Tokenizer
{
    private readonly Pipeline _pipeline;
    private readonly Vocabulary _vocabulary;
    private readonly AddedTokens _rawAll, _rawText, _normalizedAll, _normalizedText;
    private Workspace? _workspace;

    internal PipelineTokenizer(Pipeline pipeline)
    {
        _pipeline = pipeline;
        _vocabulary = pipeline.Vocabulary;
        (_rawAll, _rawText) = Matchers(pipeline.RawTokens);
        (_normalizedAll, _normalizedText) = Matchers(pipeline.NormalizedTokens);
    }

    private (AddedTokens All, AddedTokens Text) Matchers(IReadOnlyList<AddedToken> tokens)
        => (new AddedTokens(tokens), new AddedTokens(tokens.Where(t => _vocabulary.Kind(t.Id) is not (TokenKind.Control or TokenKind.Unknown))));

    public override int VocabularySize => _vocabulary.Count;

    public override string Description => $"{_pipeline.Description}, {_vocabulary.Count} tokens";

    public override bool AddsBos => BosId is { } bos && _pipeline.Prefix.Contains(bos);

    public override bool AddsEos => (EosId is { } eos && _pipeline.Suffix.Contains(eos)) || (SeparatorId is { } sep && _pipeline.Suffix.Contains(sep));

    internal override int LeadingSpaces => _pipeline.LeadingSpaces;

    public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 4);
        if (addSpecial) ids.AddRange(_pipeline.Prefix);
        text = CodePoints.Sanitize(text);
        Workspace workspace = Interlocked.Exchange(ref _workspace, null) ?? new Workspace();
        var parts = new List<(int Id, int Start, int End)>();
        (parseSpecial ? _rawAll : _rawText).Cut(text, parts);
        foreach ((int id, int start, int end) in parts)
        {
            if (id >= 0) ids.Add(id);
            else EncodeStretch(start == 0 && end == text.Length ? text : text[start..end], start == 0, parseSpecial, ids, workspace);
        }
        workspace.Trim();
        _workspace = workspace;
        if (addSpecial) ids.AddRange(_pipeline.Suffix);
        return [.. ids];
    }

    private void EncodeStretch(string text, bool atStart, bool parseSpecial, List<int> ids, Workspace workspace)
    {
        string normalized = Normalizer.Run(_pipeline.Normalizers, text);
        var parts = new List<(int Id, int Start, int End)>();
        (parseSpecial ? _normalizedAll : _normalizedText).Cut(normalized, parts);
        foreach ((int id, int start, int end) in parts)
        {
            if (id >= 0)
            {
                ids.Add(id);
                continue;
            }
            int[] points = CodePoints.From(normalized.AsSpan(start, end - start));
            workspace.Pieces.Clear();
            workspace.Pieces.Add(new Piece(points, 0, points.Length, atStart && start == 0));
            PreTokenizer.Run(_pipeline.PreTokenizers, workspace);
            foreach (Piece piece in workspace.Pieces) _pipeline.Model.Encode(piece.Span, ids, workspace);
        }
    }

    public override ReadOnlySpan<byte> TokenBytes(int id) => _pipeline.Bytes[Checked(id)].Span;

    public override string TokenText(int id) => Encoding.UTF8.GetString(_vocabulary.Text(Checked(id)));

    public override TokenKind Kind(int id) => _vocabulary.Kind(Checked(id));

    public override int? Find(string tokenText)
    {
        int id = _vocabulary.Find(tokenText);
        return id < 0 ? null : id;
    }

    public override GgufVocabulary ToGguf(int? vocabularySize = null)
    {
        GgufVocabulary vocabulary = _pipeline.ToGguf();
        return vocabularySize is { } size ? vocabulary.Padded(size) : vocabulary;
    }

    private int Checked(int id)
        => (uint)id < (uint)_vocabulary.Count
            ? id
            : throw new ArgumentOutOfRangeException(nameof(id), id, $"Token {id} is outside the vocabulary of {_vocabulary.Count} tokens.");
}
