namespace Lapwing.Training;

/// <summary>Token ids of a text and, for each, the UTF-16 index in the text where its first character stands.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Starts">As many indices, never falling; a token that stands for nothing in the text (BOS) has that of its neighbour.</param>
public sealed record TokenisedText(int[] Ids, int[] Starts);

/// <summary>A rendered conversation and the stretches of it that are to be learnt.</summary>
/// <param name="Text">What the template makes of it.</param>
/// <param name="Learn">Stretches [start, end) by UTF-16 index, in order and apart.</param>
public sealed record RenderedText(string Text, IReadOnlyList<(int Start, int End)> Learn);
