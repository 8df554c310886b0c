namespace Lapwing.Text.Tokenizers;

/// <summary>A parsed pattern. Captures carry nothing here: a pre-tokenizer asks only where a match ends.</summary>
internal abstract record PatternNode
{
    internal sealed record Empty : PatternNode;

    internal sealed record Set(CharacterSet Characters) : PatternNode;

    internal sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    internal sealed record Choice(IReadOnlyList<PatternNode> Options) : PatternNode;

    /// <summary>A repetition; its maximum is <see cref="int.MaxValue"/> where there is none.</summary>
    internal sealed record Repeat(PatternNode Body, int Minimum, int Maximum, RepeatMode Mode) : PatternNode;

    internal sealed record Look(PatternNode Body, bool Behind, bool Negative) : PatternNode;

    internal sealed record Atomic(PatternNode Body) : PatternNode;

    internal sealed record Anchor(AnchorKind Kind) : PatternNode;

    /// <summary>Fewest and most code points the node consumes; the most is <see cref="int.MaxValue"/> where it is unbounded.</summary>
    internal (int Minimum, int Maximum) Width() => this switch
    {
        Set => (1, 1),
        Sequence s => s.Parts.Select(p => p.Width()).Aggregate((0, 0), Add),
        Choice c => (c.Options.Min(o => o.Width().Minimum), c.Options.Max(o => o.Width().Maximum)),
        Repeat r => (Multiply(r.Body.Width().Minimum, r.Minimum), Multiply(r.Body.Width().Maximum, r.Maximum)),
        Atomic a => a.Body.Width(),
        _ => (0, 0),
    };

    private static (int, int) Add((int Minimum, int Maximum) a, (int Minimum, int Maximum) b)
        => (Clamp((long)a.Minimum + b.Minimum), Clamp((long)a.Maximum + b.Maximum));

    private static int Multiply(int a, int b) => Clamp((long)a * b);

    private static int Clamp(long value) => (int)Math.Min(value, int.MaxValue);
}

/// <summary>How a repetition gives back what it took.</summary>
internal enum RepeatMode
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>Zero-width assertions.</summary>
internal enum AnchorKind
{
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    TextEndOrFinalNewline,
    WordBoundary,
    NotWordBoundary,
}
