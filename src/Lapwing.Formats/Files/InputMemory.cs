using Lapwing.Tensors;

namespace Lapwing.Formats.Files;

/// <summary>A file's content that is already in memory: what tests and the fuzzer read.</summary>
internal sealed unsafe class InputMemory : InputBytes
{
    private readonly NativeBuffer buffer;

    public InputMemory(string path, ReadOnlySpan<byte> content)
        : base(path, content.Length)
    {
        buffer = new NativeBuffer(content.Length);
        content.CopyTo(new Span<byte>(buffer.Data, content.Length));
    }

    /// <inheritdoc/>
    public override byte* Data => buffer.Data;

    /// <inheritdoc/>
    public override void ReadAt(long offset, Span<byte> target)
    {
        if (target.Length > Length - offset) throw Bad($"the file ends at byte {Length}");
        new ReadOnlySpan<byte>(buffer.Data + offset, target.Length).CopyTo(target);
    }

    /// <inheritdoc/>
    public override void Dispose() => buffer.Dispose();
}
