namespace Lapwing.Text.Tokenizers;

/// <summary>The part of a tokenizer that turns one piece of prepared text into ids.</summary>
internal abstract class SubwordModel
{
    /// <summary>Its name in messages.</summary>
    internal abstract string Name { get; }

    /// <summary>Appends the ids of <paramref name="piece"/> (code points).</summary>
    internal abstract void Encode(ReadOnlySpan<int> piece, List<int> ids, Workspace workspace);
}

/// <summary>A stretch of code points, and whether it stands at the very beginning of the text.</summary>
internal readonly record struct Piece(int[] Text, int Start, int Length, bool AtStart)
{
    internal ReadOnlySpan<int> Span => Text.AsSpan(Start, Length);
}
