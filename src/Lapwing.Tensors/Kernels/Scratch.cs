namespace Lapwing.Tensors;

/// <summary>What a thread keeps between calls, grown when needed: tiles of converted weights, quantised activations, panels.</summary>
internal sealed unsafe class Scratch
{
    [ThreadStatic] private static Scratch? own;

    private NativeBuffer? tile, panel, activations;

    /// <summary>The calling thread's.</summary>
    public static Scratch Own => own ??= new Scratch();

    /// <summary>For weights being converted or unpacked: dead at the end of a job's part.</summary>
    public byte* Tile(long bytes) => Grow(ref tile, bytes);

    /// <summary>For a panel and its edges: dead at the end of a job's part.</summary>
    public byte* Panel(long bytes) => Grow(ref panel, bytes);

    /// <summary>For the activations of one call, which all threads read: dead at the end of the call.</summary>
    public byte* Activations(long bytes) => Grow(ref activations, bytes);

    private static byte* Grow(ref NativeBuffer? buffer, long bytes)
    {
        if (buffer is null || buffer.Bytes < bytes)
        {
            buffer?.Dispose();
            buffer = null; // so that a refusal below leaves nothing dead behind
            buffer = new NativeBuffer(bytes + bytes / 4);
        }
        return buffer.Data;
    }
}
