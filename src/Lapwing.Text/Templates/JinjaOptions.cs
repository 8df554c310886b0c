namespace Lapwing.Text.Templates;

/// <summary>Bounds of one rendering, and the clock it sees.</summary>
public sealed record JinjaOptions
{
    /// <summary>The bounds that a rendering has unless others are given.</summary>
    public static JinjaOptions Default { get; } = new();

    /// <summary>The time that <c>strftime_now</c> tells; the machine's local time where null.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>
    /// How many steps a rendering may take: one for each node evaluated, each element visited and each 16 characters of text worked
    /// on (64 where they are only copied). 20 million are a second or two; a conversation of a thousand messages takes well under one million.
    /// </summary>
    public long MaxSteps { get; init; } = 20_000_000;

    /// <summary>How many characters (UTF-16 units) the result, or any text on the way to it, may have.</summary>
    public int MaxOutput { get; init; } = 1 << 24;
}
