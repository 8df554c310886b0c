namespace Lapwing.Generation.Tests;

/// <summary>Tests that count allocations: a collection caused by another test counts the rest of a thread's buffer as allocated.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
