namespace Lapwing.Generation;

/// <summary>What a generation took.</summary>
/// <param name="LoadMilliseconds">Loading the model, as the owner of the <see cref="TextGenerator"/> measured it.</param>
/// <param name="TimeToFirstTokenMilliseconds">From the start of the prompt's evaluation to the first token chosen.</param>
/// <param name="PromptTokensPerSecond">Prompt tokens computed (those found in the cache do not count) per second.</param>
/// <param name="CompletionTokensPerSecond">Tokens after the first per second after the first; 0 where there was at most one.</param>
public readonly record struct GenerationTimings(
    double LoadMilliseconds, double TimeToFirstTokenMilliseconds, double PromptTokensPerSecond, double CompletionTokensPerSecond);
