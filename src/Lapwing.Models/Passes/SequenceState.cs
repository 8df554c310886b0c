using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>What one layer keeps of a sequence: bytes for each token (keys and values) and bytes once (a recurrent state).</summary>
/// <param name="BytesPerToken">Kept for each position.</param>
/// <param name="BytesOnce">Kept once, whatever the length; such a layer cannot go back to an earlier position.</param>
public readonly record struct StateShape(long BytesPerToken, long BytesOnce);

/// <summary>
/// Everything the layers keep of one sequence: the key/value cache, and whatever else a layer asked for. Grows by doubling as tokens come.
/// </summary>
public sealed unsafe class SequenceState : IDisposable
{
    private readonly StateShape[] shapes;
    private readonly NativeBuffer?[] perToken;
    private readonly NativeBuffer?[] once;
    private int capacity;

    /// <summary>An empty state for layers that keep <paramref name="layers"/>.</summary>
    public SequenceState(IReadOnlyList<StateShape> layers)
    {
        shapes = [.. layers];
        perToken = new NativeBuffer?[shapes.Length];
        once = [.. shapes.Select(s => s.BytesOnce > 0 ? new NativeBuffer(s.BytesOnce) : null)];
    }

    /// <summary>Tokens held.</summary>
    public int Length { get; private set; }

    /// <summary>Whether <see cref="Truncate"/> to a shorter, non-empty length is possible: no layer keeps a state that has no history.</summary>
    public bool CanTruncate => shapes.All(s => s.BytesOnce == 0);

    /// <summary>Bytes allocated.</summary>
    public long Bytes => perToken.Sum(b => b?.Bytes ?? 0) + once.Sum(b => b?.Bytes ?? 0);

    /// <summary>Where layer <paramref name="layer"/> keeps position 0; positions follow at its <see cref="StateShape.BytesPerToken"/>.</summary>
    public byte* Tokens(int layer) => perToken[layer]!.Data;

    /// <summary>What layer <paramref name="layer"/> keeps once.</summary>
    public byte* Once(int layer) => once[layer]!.Data;

    /// <summary>Makes room for <paramref name="tokens"/> positions.</summary>
    public void Reserve(int tokens)
    {
        if (tokens <= capacity) return;
        int grown = Math.Max(tokens, Math.Min(capacity * 2, capacity + 4096));
        for (int l = 0; l < shapes.Length; l++)
        {
            if (shapes[l].BytesPerToken == 0) continue;
            var buffer = new NativeBuffer(checked(shapes[l].BytesPerToken * grown));
            if (perToken[l] is { } old)
            {
                Buffer.MemoryCopy(old.Data, buffer.Data, buffer.Bytes, shapes[l].BytesPerToken * Length);
                old.Dispose();
            }
            perToken[l] = buffer;
        }
        capacity = grown;
    }

    /// <summary>The layers have written up to <paramref name="length"/> tokens.</summary>
    public void Advance(int length) => Length = length;

    /// <summary>Forgets all tokens from position <paramref name="length"/> on.</summary>
    /// <exception cref="InvalidOperationException">A layer's state has no history (<see cref="CanTruncate"/>) and the length is not 0.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        if (length == Length) return;
        if (length > 0 && !CanTruncate) throw new InvalidOperationException("this model keeps a recurrent state, which cannot go back: start the sequence anew");
        Length = length;
        if (length == 0)
            foreach (var buffer in once)
                if (buffer is not null) new Span<byte>(buffer.Data, checked((int)buffer.Bytes)).Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in perToken) buffer?.Dispose();
        foreach (var buffer in once) buffer?.Dispose();
    }
}
