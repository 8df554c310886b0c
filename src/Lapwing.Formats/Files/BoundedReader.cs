using System.Buffers.Binary;

namespace Lapwing.Formats.Files;

/// <summary>
/// Reads little-endian values one after the other through a window. No length from the file is trusted before it is compared
/// with the bytes that are left.
/// </summary>
internal sealed class BoundedReader
{
    private const int WindowSize = 1 << 16;
    private readonly InputBytes input;
    private readonly byte[] window;
    private long windowStart;
    private int windowLength;
    private int at;

    public BoundedReader(InputBytes input)
    {
        this.input = input;
        window = new byte[(int)Math.Min(WindowSize, input.Length)];
    }

    public InputBytes Input => input;

    public long Position => windowStart + at;

    public long Left => input.Length - Position;

    public byte ReadByte(string what) => Take(1, what)[0];

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>A 64-bit count of things that take at least <paramref name="smallest"/> bytes each: never more than the file can hold.</summary>
    public long ReadCount(int smallest, string what)
    {
        ulong count = ReadUInt64(what);
        if (count > (ulong)(Left / smallest))
            throw input.Bad($"{what} is {count} at byte {Position - 8}, but only {Left} bytes follow");
        return (long)count;
    }

    /// <summary>As many bytes as a span may have; the caller has compared the length with <see cref="Left"/>.</summary>
    public byte[] ReadBytes(long length, string what)
    {
        if (length > Array.MaxLength) throw input.Beyond($"{what} of {length} bytes at byte {Position} is larger than the 2 GiB that this version reads");
        byte[] bytes = new byte[length];
        ReadExactly(bytes, what);
        return bytes;
    }

    public void ReadExactly(Span<byte> target, string what)
    {
        if (target.Length > Left) throw input.Bad($"{what} at byte {Position} needs {target.Length} bytes, but only {Left} follow");
        int fromWindow = Math.Min(target.Length, windowLength - at);
        window.AsSpan(at, fromWindow).CopyTo(target);
        at += fromWindow;
        target = target[fromWindow..];
        if (target.IsEmpty) return;
        if (target.Length < window.Length)
        {
            Take(target.Length, what).CopyTo(target);
            return;
        }
        input.ReadAt(Position, target);
        windowStart = Position + target.Length;
        windowLength = at = 0;
    }

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > windowLength - at) Refill(length, what);
        at += length;
        return window.AsSpan(at - length, length);
    }

    private void Refill(int length, string what)
    {
        if (length > Left) throw input.Bad($"{what} at byte {Position} needs {length} bytes, but only {Left} follow");
        windowStart = Position;
        at = 0;
        windowLength = (int)Math.Min(window.Length, input.Length - windowStart);
        input.ReadAt(windowStart, window.AsSpan(0, windowLength));
    }
}
