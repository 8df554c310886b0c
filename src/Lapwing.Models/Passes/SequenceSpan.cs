namespace Lapwing.Models;

/// <summary>
/// One sequence's share of a pass: tokens <paramref name="Offset"/> … <paramref name="Offset"/> + <paramref name="Length"/> − 1 of the batch stand at
/// positions <paramref name="Start"/>, <paramref name="Start"/> + 1, … of the sequence whose state this is. Sequences never see each other.
/// </summary>
/// <param name="Offset">First token in the batch.</param>
/// <param name="Length">Tokens.</param>
/// <param name="Start">Position of the first one: how many tokens the state already holds.</param>
/// <param name="State">What the layers keep of earlier tokens.</param>
/// <param name="Beginning">
/// The number, in this batch, of the sequence that is the beginning of this one: tokens that several sequences share go through the layers once, and their keys and
/// values are copied to each. −1: the state holds all earlier tokens already.
/// </param>
public readonly record struct SequenceSpan(int Offset, int Length, int Start, SequenceState State, int Beginning = -1);
