using System.Runtime.InteropServices;

namespace Lapwing.Tensors;

/// <summary>
/// Zeroed native memory, 64-byte aligned so that no vector load straddles a cache line. Owned: freed by <see cref="Dispose"/> or,
/// if that was forgotten, by the finaliser.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private byte* data;

    /// <summary>Allocates <paramref name="bytes"/> zeroed bytes.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        data = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        NativeMemory.Clear(data, (nuint)Math.Max(bytes, 64));
        GC.AddMemoryPressure(Math.Max(bytes, 64));
    }

    /// <summary>Frees what <see cref="Dispose"/> did not.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="Dispose"/>.</exception>
    public byte* Data => data is not null ? data : throw new ObjectDisposedException(nameof(NativeBuffer));

    /// <summary>The memory as float32.</summary>
    public float* Floats => (float*)Data;

    /// <summary>Frees the memory; pointers into it are dead from here on.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (data is null) return;
        NativeMemory.AlignedFree(data);
        data = null;
        GC.RemoveMemoryPressure(Math.Max(Bytes, 64));
    }
}
