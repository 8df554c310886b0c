namespace Lapwing.Generation;

/// <summary>An answer that is done.</summary>
/// <param name="Text">The answer, without end token and stop string.</param>
/// <param name="Tokens">Its ids, without the end-of-generation token.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Tokens of the prompt that were found in the cache.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="ContextFull">True where it ended because there was no more room.</param>
/// <param name="StopString">The stop string that ended it.</param>
/// <param name="Seed">The seed that was used.</param>
/// <param name="Timings">What it took.</param>
public sealed record GenerationResult(
    string Text, IReadOnlyList<int> Tokens, int PromptTokens, int CachedTokens, FinishReason Finish, bool ContextFull, string? StopString, long Seed,
    GenerationTimings Timings)
{
    /// <summary>Tokens of the answer.</summary>
    public int CompletionTokens => Tokens.Count;
}
