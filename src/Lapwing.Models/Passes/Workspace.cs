using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Scratch memory for activations: a stack of float32 buffers that grows in chunks and is reused by every pass, so that a decoded token
/// allocates nothing. Memory is not cleared: whoever takes it writes it first, or asks for <see cref="TakeZeroed"/>.
/// </summary>
public sealed unsafe class Workspace : IDisposable
{
    private const long FirstChunk = 1 << 20;
    private readonly List<NativeBuffer> chunks = [];
    private int chunk = -1;
    private long used;

    /// <summary>A point of the stack to which <see cref="Release"/> returns.</summary>
    public readonly record struct Mark(int Chunk, long Used);

    /// <summary>All bytes held, used or not.</summary>
    public long Bytes => chunks.Sum(c => c.Bytes);

    /// <summary>The stack's height now.</summary>
    public Mark Here => new(chunk, used);

    /// <summary><paramref name="count"/> floats, 64-byte aligned, not cleared.</summary>
    public float* Take(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long bytes = (checked(count * sizeof(float)) + 63) & ~63L;
        while (chunk < 0 || used + bytes > chunks[chunk].Bytes)
        {
            chunk++;
            used = 0;
            if (chunk == chunks.Count)
            {
                // Doubling keeps the number of chunks small; a request larger than that gets a chunk of its own.
                long next = chunks.Count == 0 ? FirstChunk : Math.Min(chunks[^1].Bytes * 2, 1L << 28);
                chunks.Add(new NativeBuffer(Math.Max(next, bytes)));
            }
        }
        byte* start = chunks[chunk].Data + used;
        used += bytes;
        return (float*)start;
    }

    /// <summary><paramref name="count"/> floats, all zero.</summary>
    public float* TakeZeroed(long count)
    {
        float* start = Take(count);
        System.Runtime.InteropServices.NativeMemory.Clear(start, (nuint)(count * sizeof(float)));
        return start;
    }

    /// <summary>Gives back all that was taken since <paramref name="mark"/>.</summary>
    public void Release(Mark mark) => (chunk, used) = (mark.Chunk, mark.Used);

    /// <summary>Gives back everything.</summary>
    public void Clear() => (chunk, used) = (-1, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in chunks) buffer.Dispose();
        chunks.Clear();
        (chunk, used) = (-1, 0);
    }
}
