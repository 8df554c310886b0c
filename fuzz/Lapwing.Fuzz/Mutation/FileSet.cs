namespace Lapwing.Fuzz.Mutation;

/// <summary>Several files as one input: each with its length (4 bytes) in front. What is left over at the end is the last file.</summary>
internal static class FileSet
{
    public static byte[] Join(params IReadOnlyList<byte[]> files) => [.. files.SelectMany(f => (byte[])[.. BitConverter.GetBytes(f.Length), .. f])];

    /// <summary>Exactly <paramref name="count"/> files, the missing ones empty.</summary>
    public static byte[][] Split(byte[] input, int count)
    {
        byte[][] files = new byte[count][];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            int length = input.Length - at < 4 ? 0 : (int)Math.Min(BitConverter.ToUInt32(input, at), (uint)(input.Length - at - 4));
            at = Math.Min(at + 4, input.Length);
            files[i] = input[at..(at + length)];
            at += length;
        }
        return files;
    }

    /// <summary>Changes one of the files by its own rule.</summary>
    public static byte[] Change(byte[] input, Mutator mutator, params IReadOnlyList<Func<byte[], byte[]>> changes)
    {
        byte[][] files = Split(input, changes.Count);
        int which = mutator.Random.Next(files.Length);
        files[which] = changes[which](files[which]);
        return Join(files);
    }
}
