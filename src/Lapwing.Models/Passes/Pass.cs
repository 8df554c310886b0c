using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// One forward pass over a batch of tokens, and the backward pass that may follow: which sequences, where they stand, how to multiply,
/// and the memory for activations. Reused from pass to pass.
/// </summary>
public sealed class Pass : IDisposable
{
    private SequenceSpan[] sequences = [];
    private int sequenceCount;
    private int[] positions = [];

    /// <summary>Passes that compute by <paramref name="arithmetic"/>.</summary>
    public Pass(Arithmetic arithmetic) => Arithmetic = arithmetic;

    /// <summary>The numeric policy.</summary>
    public Arithmetic Arithmetic { get; }

    /// <summary>Memory for activations.</summary>
    public Workspace Workspace { get; } = new();

    /// <summary>What the backward pass needs; null where none will follow.</summary>
    public Tape? Tape { get; set; }

    /// <summary>Off: adapters are left out, the base alone computes.</summary>
    public bool UseAdapters { get; set; } = true;

    /// <summary>Called with 0 and the embedding, then with each block's number and output, the last one's after the last norm: [tokens, hidden].</summary>
    public Action<int, nint>? Observe { get; set; }

    /// <summary>Tokens in the batch, all sequences together.</summary>
    public int Tokens { get; private set; }

    /// <summary>The sequences of the batch.</summary>
    public ReadOnlySpan<SequenceSpan> Sequences => sequences.AsSpan(0, sequenceCount);

    /// <summary>The sequences by index, for work on other threads.</summary>
    internal SequenceSpan[] SequenceArray => sequences;

    /// <summary>Position of each token in its sequence.</summary>
    public ReadOnlySpan<int> Positions => positions.AsSpan(0, Tokens);

    /// <summary>The positions as an array (its tail is unused).</summary>
    internal int[] PositionArray => positions;

    /// <summary>Sets the batch: the spans must tile the tokens in order.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public void Begin(ReadOnlySpan<SequenceSpan> batch)
    {
        if (sequences.Length < batch.Length) sequences = new SequenceSpan[batch.Length];
        batch.CopyTo(sequences);
        sequenceCount = batch.Length;
        Tokens = 0;
        foreach (var s in batch)
        {
            if (s.Offset != Tokens || s.Length < 1) throw new ArgumentException("the sequences of a batch must follow one another without gaps", nameof(batch));
            if (s.Beginning >= 0 && (batch[s.Beginning].Offset >= s.Offset || batch[s.Beginning].Start != 0 || batch[s.Beginning].Length != s.Start))
                throw new ArgumentException("a beginning must stand before the sequences that share it, start at position 0 and end where they start", nameof(batch));
            Tokens += s.Length;
        }
        if (positions.Length < Tokens) positions = new int[Math.Max(Tokens, positions.Length * 2)];
        foreach (var s in batch)
        {
            s.State.Reserve(s.Start + s.Length);
            for (int t = 0; t < s.Length; t++) positions[s.Offset + t] = s.Start + t;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Workspace.Dispose();
}
