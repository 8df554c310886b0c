using System.Text;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Changes a GGUF file where its numbers, strings, elements and entries stand, so that what lies behind the parser is reached.</summary>
internal static class GgufMutator
{
    /// <summary>One change; <paramref name="words"/> are strings that mean something to whoever reads the file, empty for none.</summary>
    public static byte[] Change(byte[] input, Mutator mutator, IReadOnlyList<string> words)
    {
        var map = GgufMap.Of(input);
        var random = mutator.Random;
        switch (random.Next(words.Count > 0 ? 13 : 8))
        {
            case 0 or 1 or 2:
                var (at, size) = mutator.Pick(map.Numbers);
                return at + size <= input.Length ? Mutator.WithInteger(input, at, size, mutator.Edge()) : mutator.Bytes(input);
            case 3 when map.Types.Count > 0:
                return Mutator.WithInteger(input, mutator.Pick(map.Types), 4, (ulong)random.Next(42));
            case 4 when map.Entries.Count > 0:
                return CopyOrDrop(input, mutator.Pick(map.Entries), GgufMap.CountsAt + 8, random);
            case 5 when map.Tensors.Count > 0:
                return CopyOrDrop(input, mutator.Pick(map.Tensors), GgufMap.CountsAt, random);
            case 6 when map.Entries.Count > 0:
                // An entry of another file, in place of one of this.
                byte[] donor = mutator.Other();
                var theirs = GgufMap.Of(donor);
                if (theirs.Entries.Count == 0) return mutator.Bytes(input);
                var (start, length) = mutator.Pick(map.Entries).GetOffsetAndLength(input.Length);
                return Mutator.Replace(input, start, length, donor.AsSpan()[mutator.Pick(theirs.Entries)]);
            case 8 or 9 when map.Strings.Count > 0:
                return WithText(input, mutator.Pick(map.Strings), mutator.Pick(words));
            case 10 when map.Arrays.Count > 0:
                return WithElement(input, mutator.Pick(map.Arrays), mutator, words);
            case 11 when map.Arrays.Count > 0:
                return WithoutElement(input, map, mutator);
            case 12 when map.Entries.Count > 0:
                return WithFlag(input, map, mutator, words);
            default:
                return mutator.Bytes(input);
        }
    }

    private static byte[] CopyOrDrop(byte[] input, Range what, int countAt, Random random)
    {
        var (start, length) = what.GetOffsetAndLength(input.Length);
        bool copy = random.Next(2) == 0;
        byte[] changed = copy ? Mutator.Replace(input, start, 0, input.AsSpan(start, length)) : Mutator.Replace(input, start, length, []);
        ulong count = BitConverter.ToUInt64(input, countAt);
        return random.Next(8) == 0 ? changed : Mutator.WithInteger(changed, countAt, 8, copy ? count + 1 : count - 1);
    }

    private static byte[] WithText(byte[] input, Range old, string text)
    {
        var (start, length) = old.GetOffsetAndLength(input.Length);
        return Mutator.Replace(input, start, length, Text(text));
    }

    private static byte[] WithElement(byte[] input, GgufArray array, Mutator mutator, IReadOnlyList<string> words)
    {
        if (array.Count == 0) return input;
        int i = mutator.Random.Next(array.Count), start = array.Bounds[i], length = array.Bounds[i + 1] - start;
        if (!array.OfStrings) return Mutator.WithInteger(input, start, length, mutator.Random.Next(2) == 0 ? mutator.Edge() : (ulong)mutator.Random.Next(8));
        // Another word, or the bytes of another element: a spelling twice.
        int other = mutator.Random.Next(array.Count);
        return Mutator.Replace(input, start, length, mutator.Random.Next(3) == 0 ? input.AsSpan(array.Bounds[other]..array.Bounds[other + 1]) : Text(mutator.Pick(words)));
    }

    /// <summary>Drops or doubles one element of an array, and mostly the same one of every array of that length: lists by id stay in step.</summary>
    private static byte[] WithoutElement(byte[] input, GgufMap map, Mutator mutator)
    {
        var chosen = mutator.Pick(map.Arrays);
        if (chosen.Count == 0) return input;
        int i = mutator.Random.Next(chosen.Count);
        bool copy = mutator.Random.Next(2) == 0;
        var arrays = mutator.Random.Next(4) == 0 ? [chosen] : map.Arrays.Where(a => a.Count == chosen.Count).OrderByDescending(a => a.CountAt).ToList();
        foreach (var array in arrays)
        {
            int start = array.Bounds[i], length = array.Bounds[i + 1] - start;
            input = copy ? Mutator.Replace(input, start, 0, input.AsSpan(start, length)) : Mutator.Replace(input, start, length, []);
            input = Mutator.WithInteger(input, array.CountAt, 8, (ulong)(array.Count + (copy ? 1 : -1)));
        }
        return input;
    }

    /// <summary>A further entry of a small type under one of the words.</summary>
    private static byte[] WithFlag(byte[] input, GgufMap map, Mutator mutator, IReadOnlyList<string> words)
    {
        byte[] value = mutator.Random.Next(4) switch
        {
            0 => [7, 0, 0, 0, (byte)mutator.Random.Next(2)],
            1 => [4, 0, 0, 0, .. BitConverter.GetBytes((uint)mutator.Edge())],
            2 => [6, 0, 0, 0, .. BitConverter.GetBytes((float)mutator.Random.NextDouble() * mutator.Random.Next(100))],
            _ => [8, 0, 0, 0, .. Text(mutator.Pick(words))],
        };
        int at = mutator.Pick(map.Entries).GetOffsetAndLength(input.Length).Offset;
        byte[] changed = Mutator.Replace(input, at, 0, [.. Text(mutator.Pick(words)), .. value]);
        return Mutator.WithInteger(changed, GgufMap.CountsAt + 8, 8, BitConverter.ToUInt64(input, GgufMap.CountsAt + 8) + 1);
    }

    private static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
}
