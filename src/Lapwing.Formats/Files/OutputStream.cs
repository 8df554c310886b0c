namespace Lapwing.Formats.Files;

/// <summary>A file being written whose errors name the file that the person asked for, and what to do.</summary>
internal sealed class OutputStream(FileStream file, string path) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    /// <summary>The same failure in words that help.</summary>
    public static IOException Explain(Exception error, string path)
    {
        // The low 16 bits are errno on Unix (ENOSPC 28, EROFS 30, EDQUOT 122) and the error code on Windows (112, 39).
        string reason = error switch
        {
            UnauthorizedAccessException => "permission denied; choose another folder or change its owner or mode",
            { HResult: var code } when (code & 0xFFFF) is 28 or 112 or 39 || error.Message.Contains("disk was full", StringComparison.Ordinal)
                => "the disk is full; free space or choose another folder",
            { HResult: var code } when (code & 0xFFFF) == 30 => "the file system is read-only; choose another folder",
            { HResult: var code } when (code & 0xFFFF) == 122 && !OperatingSystem.IsWindows() => "the disk quota is used up; free space or choose another folder",
            _ => error.Message,
        };
        return new IOException($"{path} cannot be written: {reason}", error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            file.Write(buffer);
        }
        catch (IOException e)
        {
            throw Explain(e, path);
        }
    }

    public override void Flush()
    {
        try
        {
            file.Flush();
        }
        catch (IOException e)
        {
            throw Explain(e, path);
        }
    }

    public void FlushToDisk()
    {
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw Explain(e, path);
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value) => file.SetLength(value);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("the file is being written");

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }
}
