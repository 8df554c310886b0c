using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>What one attention layer looks like.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key/value heads; each serves Heads / KeyValueHeads query heads (grouped-query attention).</param>
/// <param name="HeadWidth">Elements of a head.</param>
/// <param name="Scale">What scores are multiplied by before the softmax.</param>
/// <param name="Rotary">Position embedding of queries and keys; none where positions enter otherwise.</param>
/// <param name="Window">A token sees itself and the Window − 1 before it; 0 for all.</param>
/// <param name="SoftCap">Scores become cap · tanh(score / cap); 0 for none.</param>
public sealed record AttentionOptions(int Heads, int KeyValueHeads, int HeadWidth, float Scale, RotaryFrequencies? Rotary, int Window, float SoftCap)
{
    /// <summary>Width of keys (and of values) of one token.</summary>
    public int KeyWidth => KeyValueHeads * HeadWidth;

    /// <summary>Width of queries of one token.</summary>
    public int QueryWidth => Heads * HeadWidth;

    /// <summary>What a cache of <paramref name="type"/> keeps for a token: its keys, then its values.</summary>
    public StateShape State(ElementType type) => new(2 * type.RowBytes(KeyWidth), 0);
}
