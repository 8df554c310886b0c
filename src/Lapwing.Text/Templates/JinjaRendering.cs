namespace Lapwing.Text.Templates;

/// <summary>A stretch of rendered text that a <c>{% generation %}</c> block wrote.</summary>
/// <param name="Start">Offset of the first character, in UTF-16 units.</param>
/// <param name="Length">Length in UTF-16 units.</param>
public readonly record struct GenerationSpan(int Start, int Length)
{
    /// <summary>Offset just past the last character.</summary>
    public int End => Start + Length;
}

/// <summary>A rendered template and where its generation blocks lie.</summary>
/// <param name="Text">The whole text.</param>
/// <param name="Generations">The spans of <c>{% generation %}</c> blocks, in order.</param>
/// <param name="SpansComplete">
/// False where a generation block ran inside a macro or a set block: its text may then stand anywhere in the result, or nowhere.
/// </param>
public sealed record JinjaRendering(string Text, IReadOnlyList<GenerationSpan> Generations, bool SpansComplete);
