using System.Text;

namespace Lapwing.Cli.Host;

/// <summary>Text from files, byte for byte: nothing is trimmed, converted or guessed.</summary>
internal static class TextInput
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The text, its ids and their losses must fit beside a model: more would be days of work anyway.
    private const long Largest = 512L << 20;

    /// <summary>The whole text of a UTF-8 file.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8.</exception>
    public static string Read(string path)
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path} is not UTF-8 text (byte {e.Index} cannot be read); convert it first", e);
        }
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] ReadBytes(string path)
    {
        if (Directory.Exists(path)) throw new IOException($"{path} is a folder; name a file in it");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} does not exist; check the path", path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        using var content = new MemoryStream();
        byte[] buffer = new byte[1 << 20];
        // Pipes and devices have no length to ask for, and some have no end.
        for (int read; (read = stream.Read(buffer)) > 0; content.Write(buffer, 0, read))
            if (content.Length + read > Largest) throw new NotSupportedException($"{path} has more than {Largest >> 20} MiB; split it");
        return content.ToArray();
    }
}
